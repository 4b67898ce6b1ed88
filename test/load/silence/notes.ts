import type { Collection, Corpus } from '../recall/collection.js';

/**
 * What a team might note, each with a question that somebody might ask about it, mostly in other words. LoCoMo's questions name
 * people who are in every turn of their conversation; these name nobody.
 */
const notes: [note: string, question: string][] = [
  ['Our deploys go out on Tuesdays at 10:00 Berlin time.', 'When do we release software?'],
  [
    'Refunds are paid back within 30 days to the original card.',
    'How long does a customer wait for the money back?',
  ],
  ['The staging database is wiped every Sunday night.', 'Why did my test data vanish over the weekend?'],
  ['Invoices above 5,000 euros need a second signature.', 'Who has to approve a large bill?'],
  ['The office dog is called Biscuit and is allergic to chicken.', 'What must the pet not eat?'],
  [
    'VPN access is requested through the helpdesk form, not by e-mail.',
    'How do I get into the network from home?',
  ],
  ['Our main competitor lowered its prices by 15% in March.', 'What did the rival do in spring?'],
  ['The API returns at most 100 rows a page.', 'Why do I only get a hundred results?'],
  ['Marta is on parental leave until September.', 'Is Marta back before summer ends?'],
  [
    'The warehouse in Rotterdam closes for stocktaking on 31 December.',
    'Can we ship from the Netherlands on New Year’s Eve?',
  ],
  ['Customers in Switzerland are billed in francs.', 'Which currency do Swiss clients pay in?'],
  ['The mobile app crashes on Android 9 when the camera is opened.', 'Which phones have the photo problem?'],
  ['Passwords must have at least fourteen characters.', 'How long should my login secret be?'],
  ['The board meets on the second Thursday of each quarter.', 'When is the next meeting of the directors?'],
  ['We moved the blog from WordPress to Astro last year.', 'What runs our website articles now?'],
  [
    'The coffee machine is descaled by the cleaning company on Fridays.',
    'Who takes care of the espresso maker?',
  ],
  [
    'Interview candidates get an answer within five working days.',
    'How fast do we tell applicants the outcome?',
  ],
  ['The nightly backup takes four hours and is kept for 90 days.', 'How far back can we restore?'],
  ['Travel by train is preferred for distances under 600 km.', 'May I fly to a city that is near?'],
  ['The logo must never be put on a red background.', 'What does the brand guide forbid?'],
  ['The payment provider charges 1.4% plus 25 cents.', 'What does each card transaction cost us?'],
  ['Fire drills are held in April and October.', 'When do we practise leaving the building?'],
  ['Our largest customer is a hospital group in Lyon.', 'Who brings the most revenue?'],
  [
    'The search index is rebuilt when a synonym is added.',
    'Why is finding things slow after I changed a word list?',
  ],
  ['Support is closed on French public holidays.', 'Is anybody answering tickets on Bastille Day?'],
  ['The old laptop of a leaver is erased and given to a school.', 'What becomes of used computers?'],
  ['Feature flags older than six months are removed.', 'How long may a toggle stay in the code?'],
  ['The lease of the Porto office ends in May 2028.', 'How long can we stay in Portugal?'],
  ['New hires shadow the on-call engineer for two weeks.', 'When does a beginner get the pager?'],
  ['Latency above 800 ms wakes somebody up.', 'What triggers an alarm at night?'],
  ['The newsletter has 12,400 subscribers and is sent monthly.', 'How many people read our mails?'],
  ['Contracts are stored in the blue cabinet next to the kitchen.', 'Where do I find the signed papers?'],
  ['The design system uses an eight-pixel grid.', 'What spacing should I use in a layout?'],
  ['We sponsor a local football club with 2,000 euros a year.', 'Which sports team do we support?'],
  ['The chatbot answers in German and English only.', 'Does the assistant speak Spanish?'],
  ['Unit tests must finish in under three minutes.', 'How slow may the checks be?'],
  ['Solar panels on the roof cover 40% of the power used.', 'How much electricity do we make ourselves?'],
  ['Legal reviews every press release before it is published.', 'Who looks at an announcement first?'],
  [
    'The data centre moves from Frankfurt to Vienna next autumn.',
    'Where will the servers be after the migration?',
  ],
  ['Each team has a budget of 300 euros for books.', 'How much may we spend on reading?'],
];

const corpus = (split: Corpus['split'], of: typeof notes): Corpus => ({
  split,
  texts: of.map(([content], i) => ({ name: String(i), body: { content } })),
  questions: of.map(([, text], i) => ({ text, category: 'notes', gold: new Set([String(i)]) })),
});

/** Every other note is for choosing, the rest to look at; each half is asked the other's questions, too. */
export const teamNotes: Collection = {
  name: 'Notes',
  corpora: [
    corpus(
      'development',
      notes.filter((_, i) => i % 2 === 0),
    ),
    corpus(
      'check',
      notes.filter((_, i) => i % 2 === 1),
    ),
  ],
};
