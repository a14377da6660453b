// Package sanitize makes text from a database safe to show: in a browser, a
// terminal, a spreadsheet, a log or to a language model. It bounds every value,
// cleans it, masks what is certain to be a secret, and reports every change.
//
//	s, err := sanitize.New(sanitize.Config{})
//	...
//	text, changes := s.Text(value) // changes is nil when there is nothing to say
//
// # How a value is processed
//
// A value is cleaned, searched for secrets and cut, and the result again, until
// nothing changes. Two rounds are enough for all but contrived values; a value
// that still changes after eight is masked as a whole.
//
//	value -> clean -> mask -> cut -> text and Changes
//	           ^_______________|
//
// Cleaning keeps an allowed set of characters and puts U+FFFD in the place of
// every other one:
//
//   - bytes that are not valid UTF-8, one U+FFFD for each maximal subpart;
//   - control characters other than tab, newline and return, line and paragraph
//     separators, noncharacters;
//   - bidirectional embeddings, overrides and isolates. LRM, RLM and ALM are kept
//     and reported, up to two in a row, because right-to-left languages need them;
//   - characters that show nothing: joiners and zero width spaces that stand in a run or
//     beside no letter of a script whose spelling uses them (Arabic, the scripts of
//     India and South-East Asia, Mongolian, Hebrew and their kin), or, for joiners,
//     outside an emoji (UTS #51); variation selectors outside registered sequences;
//     tags outside the flags of England, Scotland and Wales; Hangul fillers, byte
//     order marks; blanks of Braille, hieroglyphs and music away from their own kind;
//   - combining marks past the fourth above a letter, the fourth below it, the
//     sixth elsewhere, and the thirtieth in all (UAX #15, Stream-Safe).
//
// A soft hyphen or word joiner inside a word is removed and not replaced, since
// a sign in the middle of a word would harm the word; Changes counts it like the
// others, so nothing vanishes without being declared.
//
// The cut falls on a boundary of grapheme clusters (UAX #29), unless one cluster
// alone is longer than the limit, and never leaves a joiner without the letter
// after it. Nothing is appended: Changes says that a value was cut.
//
// # What attackers can do
//
// Anyone who writes rows into the database, or the query that reads them, may be
// an attacker. They cannot, through a sanitized value, move a terminal's
// cursor, write its clipboard or title, override the direction of text, hide
// text in it from a person that a program or a model would read, stack more than
// four marks above or below a letter, break a log line with an unusual separator,
// or make a value longer than the limit. No value costs more than a time linear
// in its length, and of a long value only the beginning is looked at
// (MaxInputBytes).
//
// A value in a right-to-left script, or with a direction mark, still takes part
// in the direction of the line that it is put into, as Unicode's algorithm (UAX
// #9) has it: numbers and punctuation beside it can change places. Keep it apart
// where you show it: a terminal with Isolate, a page with <bdi> or dir="auto".
//
// Values are plain text and stay so. Nothing is escaped for HTML, SQL, JSON or a
// shell: a page must set textContent, not innerHTML. Newlines and tabs are kept.
// Letters that look like other letters are kept, for they are letters. What a
// spreadsheet could take for a formula is reported as FormulaLike and not
// altered; AppendCSV writes it so that it is harmless.
//
// # What masking cannot do
//
// Masking stops accidental disclosure: a token in a log column, a key in a
// settings table. It is not access control. It does not find
//
//   - secrets without a known form or name: a password in prose, a bare
//     hexadecimal key, a recovery code;
//   - secrets that the query has changed: reversed, encoded, split over columns
//     or rows, read character by character, compared in WHERE or counted;
//   - secrets in columns whose name does not say so, in the part of a value that
//     was not read, or within compressed or encrypted data;
//   - personal data, except with the detectors that are off by default.
//
// A role that must not read a column must not have the privilege to. The table in
// README.md says how often each detector finds what it should, and what it should
// not.
//
// Sanitizer.MaskingRules masks columns by origin, so that no alias passes, and a column
// whose origin is not known as soon as the query reads a relation with a masked column.
// That is for callers of this library alone. The previews of sqlpreview follow values
// through the query and its views (preview/internal/origin), and ask this package for
// the rule of one column at a time.
package sanitize
