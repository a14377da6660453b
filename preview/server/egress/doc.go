// Package egress keeps the audit log of what leaves, the egress record: one JSON line
// for each preview, with the SHA-256 of the line before it.
//
// # The file format
//
// A log is a folder of segments, egress-<first sequence number>.jsonl, and a
// lock file. Every line is one JSON object; "prev" is the SHA-256, in hex, of
// the bytes of the line before it without its newline, whatever those bytes are,
// and all zeros in the first line of all. "seq" counts from 1. The first line of a
// new segment continues the chain, so old segments can be archived, and the chain of
// the others still holds.
//
// # What the chain proves, and what it does not
//
// A line that was changed, removed, inserted or moved breaks the chain behind it.
// The chain does not prove its own end: with write access to the files, the last
// lines can be cut off, or the whole chain written again. So keep the newest hash
// (see [Log.Head]) where this host cannot rewrite it, such as a log stream or a
// trace; [Verify] says whether the chain still holds such a hash. An open log compares
// the size of its segment with what it wrote before each line, and fails closed.
//
// # Failing
//
// Append returns when the line is on the disk. When it returns an error, the caller
// must not send the rows. A line that was only partly written, by a full disk or by a
// crash, is never removed: the log ends it with a newline, and the next line says
// that it recovered.
package egress
