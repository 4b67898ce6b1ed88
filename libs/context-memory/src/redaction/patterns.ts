/*
 * Every pattern is linear in the text, whatever the text: it can begin only where a run begins (lookbehind), and what it may
 * try again has a bound. redact-text.spec holds them to it with a megabyte of the worst.
 */

const secretShapes = [
  // OpenAI, Anthropic, OpenRouter, Stripe
  String.raw`[spr]k[-_](?=[A-Za-z_-]{0,60}\d)[\w-]{20,}`,
  // ours
  String.raw`ctx_[0-9a-f]{16}_[0-9a-f]{32,}`,
  // GitHub, GitLab, npm, Slack, Hugging Face
  String.raw`gh[opsur]_\w{30,}`,
  String.raw`github_pat_\w{30,}`,
  String.raw`glpat-[\w-]{20,}`,
  String.raw`npm_\w{36,}`,
  String.raw`xox[abeoprs]-[\w-]{10,}`,
  String.raw`hf_\w{30,}`,
  // AWS, Google, SendGrid
  String.raw`A[KS]IA[A-Z0-9]{16}`,
  String.raw`AIza[\w-]{35}`,
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
  // JSON Web Tokens
  String.raw`eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}`,
];

const named = String.raw`(?:password|passwd|pwd|secret|api[-_ ]?key|access[-_ ]?key|token)`;

/** Keys by their makers' prefixes; private keys; what follows a name like `password:`; credentials in URLs. */
export const secretPatterns: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:\s{1,4}[A-Z][A-Za-z-]{2,20}: [^\n]{0,100}){0,3}[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
  new RegExp(String.raw`(?<![\w-])(?:${secretShapes.join('|')})`, 'g'),
  /(?<=(?<![A-Za-z])Bearer )[\w.~+/-]{20,}/gi,
  new RegExp(
    String.raw`(?<=(?<![A-Za-z])${named}["']?\s{0,3}[:=]\s{0,3}["']?)(?=[^\s\d"',;<>[\]]{0,60}\d)[^\s"',;<>[\]]{8,}`,
    'gi',
  ),
  /(?<=:\/\/[^\s:@/]{1,64}:)[^\s@/]{1,128}(?=@)/g,
];

const localPart = String.raw`[\p{Script=Latin}\d._%+-]`;
const label = String.raw`[\p{L}\d](?:[\p{L}\d-]{0,61}[\p{L}\d])?`;

/** Addresses as people write them (RFC 5321 without quoted local parts). */
export const emailPattern = new RegExp(
  String.raw`(?<!${localPart})${localPart}{1,64}@(?:${label}\.){1,8}(?:xn--[a-z\d-]{2,59}|[a-z]{2,24})(?![a-z\d])`,
  'giu',
);

/** Numbers that say by their form that they are called: international, North American, with a trunk 0 and an area code. */
export const phonePatterns: readonly RegExp[] = [
  /(?:(?<![A-Za-z_+])\+|(?<![\w+])00(?=[1-9]))\d(?:[ ./()-]{0,2}\d){7,14}(?!\d)/g,
  /(?<![\w.+-])(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}(?![\w-])/g,
  /(?<![\w.,:/+-])(?=(?:[ ()/-]{0,2}\d){9,15}(?!\d))(?:\(0\d{1,5}\)|0\d{1,5})[ /-]{1,2}\d{2,8}(?:[ -]\d{2,8}){0,3}(?![\w./-])/g,
];

/** Digits in groups of three or more, none of them part of a word. */
export const digitRuns = /(?<![A-Za-z0-9_])\d{3,}(?:[ -]\d{3,})*(?![A-Za-z0-9_])/g;

/** Words with single spaces between them: an account number is written like one. */
export const wordRuns = /(?<![A-Za-z0-9_])[A-Za-z0-9]+(?: [A-Za-z0-9]+)*(?![A-Za-z0-9_])/g;
