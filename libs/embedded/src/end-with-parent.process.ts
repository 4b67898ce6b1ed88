/**
 * Preloaded into the apps (`node --import`): they end, as on any SIGTERM, when the supervisor that started them is gone,
 * however that went. Their own code need not know that it is supervised.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening must not keep a process alive that is otherwise done.
process.channel?.unref();
