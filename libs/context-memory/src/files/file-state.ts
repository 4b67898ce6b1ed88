/** Where an uploaded file is: its bytes wait, its text is stored, it could not be read, or it was deleted before it was read. */
export type FileStatus = 'pending' | 'parsed' | 'failed' | 'deleted';
