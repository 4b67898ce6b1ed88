// The floors of the house (docs/architecture.md). Each rule says why it exists; a change that needs an exception needs an ADR.
const lib = (...names) => `^libs/(${names.join('|')})/`;
const features = ['auth', 'rate-limit', 'llm-proxy', 'context-memory', 'usage'];
const edges = ['database', 'redis', 'queues', 'openrouter'];
const grounds = ['config', 'observability'];
const specs = '\\.spec\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment:
        'Two files that need each other are one thing in two places, and neither can be tested or moved alone.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'libs-do-not-know-apps',
      severity: 'error',
      comment: 'A lib is what both processes share; one that knows an app can serve only that app.',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-are-apart',
      severity: 'error',
      comment: 'Gateway and worker are deployed and scaled apart; what they share is a lib.',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'features-are-apart',
      severity: 'error',
      comment:
        'What crosses features (recall inside a chat call) is composed in apps/gateway, where it reads as a list.',
      from: { path: `^libs/(${features.join('|')})/` },
      to: { path: lib(...features), pathNot: '^libs/$1/' },
    },
    {
      name: 'edges-are-apart-and-below-features',
      severity: 'error',
      comment:
        'Each edge talks to one outside system; it must not know what it is used for, nor the other systems.',
      from: { path: `^libs/(${edges.join('|')})/`, pathNot: specs },
      to: { path: lib(...features, ...edges), pathNot: '^libs/$1/' },
    },
    {
      name: 'grounds-are-below-edges',
      severity: 'error',
      comment: 'Configuration and observability serve everybody, so they may lean on nobody but common.',
      from: { path: `^libs/(${grounds.join('|')})/` },
      to: { path: lib(...features, ...edges) },
    },
    {
      name: 'config-is-below-observability',
      severity: 'error',
      comment: 'The logger is configured; the configuration must be readable before there is a logger.',
      from: { path: lib('config') },
      to: { path: lib('observability') },
    },
    {
      name: 'common-is-a-leaf',
      severity: 'error',
      comment: 'Everybody imports common; anything it imported would be imported by everybody.',
      from: { path: lib('common') },
      to: { path: '^(libs|apps|migrations)/', pathNot: lib('common') },
    },
    {
      name: 'no-test-parts-in-production',
      severity: 'error',
      comment: 'The simulator and the embedded stores must be unreachable from production code.',
      from: { path: '^(apps|libs|migrations)/', pathNot: `${lib('testing', 'embedded')}|${specs}` },
      to: { path: lib('testing', 'embedded') },
    },
    {
      name: 'testing-and-embedded-know-no-feature',
      severity: 'error',
      comment:
        'They stand for what lies outside; with our own code inside they would agree with our mistakes.',
      from: { path: lib('testing', 'embedded'), pathNot: specs },
      to: { path: `${lib(...features, ...edges, ...grounds)}|^apps/` },
    },
    {
      name: 'libs-by-their-face',
      severity: 'error',
      comment: 'index.ts says what a lib promises; a deep import makes a promise of everything else in it.',
      from: { path: '^(apps|migrations|scripts)/' },
      to: { path: '^libs/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/common/src/require-node\\.ts$'] },
    },
    {
      name: 'libs-by-their-face-among-libs',
      severity: 'error',
      comment: 'The same between libs.',
      from: { path: '^libs/([^/]+)/', pathNot: specs },
      to: { path: '^libs/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$1/'] },
    },
    {
      name: 'migrations-stand-alone',
      severity: 'error',
      comment: 'A migration must do tomorrow what it did today, whatever the code has become.',
      from: { path: '^migrations/\\d' },
      to: { path: '^(apps|libs)/' },
    },
    {
      name: 'declared-only',
      severity: 'error',
      comment: 'A package we use but do not declare may vanish with the next install.',
      from: { path: '^(apps|libs|migrations)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'production-needs-no-dev-packages',
      severity: 'error',
      comment: 'The image is installed without them.',
      from: { path: '^(apps|libs|migrations)/', pathNot: `${lib('testing', 'embedded')}|${specs}` },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
