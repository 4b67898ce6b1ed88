import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { linkSystemLog, unlinkSystemLog } from './system-log-link.js';

let directory: string;
let link: string;
let ours: string;
let other: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-link-'));
  [link, ours, other] = [
    join(directory, 'link.log'),
    join(directory, 'ours.log'),
    join(directory, 'other.log'),
  ];
  writeFileSync(ours, 'ours');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the system log link', () => {
  it('is made where nothing is, again where it is ours, and goes with us', () => {
    expect(linkSystemLog(ours, link)).toBe(true);
    expect(linkSystemLog(ours, link)).toBe(true);
    expect(readlinkSync(link)).toBe(ours);
    unlinkSystemLog(ours, link);
    expect(existsSync(link)).toBe(false);
  });

  it('replaces one whose target is gone', () => {
    symlinkSync(other, link);
    expect(linkSystemLog(ours, link)).toBe(true);
    expect(readlinkSync(link)).toBe(ours);
  });

  it('leaves the log of another installation alone', () => {
    writeFileSync(other, 'other');
    symlinkSync(other, link);
    expect(linkSystemLog(ours, link)).toBe(false);
    unlinkSystemLog(ours, link);
    expect(readlinkSync(link)).toBe(other);
  });

  it('leaves a file alone', () => {
    writeFileSync(link, 'a real log');
    expect(linkSystemLog(ours, link)).toBe(false);
    unlinkSystemLog(ours, link);
    expect(readFileSync(link, 'utf8')).toBe('a real log');
  });
});
