/** The oldest major version of Node.js this product runs on. */
const oldest = 24;

// Runs on import, and imports nothing itself: on an older Node.js the rest of the program may not even load.
const version = process.versions.node;
if (Number(version.split('.', 1)[0]) < oldest) {
  console.error(
    `This needs Node.js ${oldest} or newer, and this is ${version}. Try ./scripts/dev.sh, which brings its own.`,
  );
  process.exit(1);
}
