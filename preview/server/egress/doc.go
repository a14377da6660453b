// Package egress keeps the record of everything that left: one JSON line a
// preview, each line naming the SHA-256 of the line before it.
//
// # The file format
//
// A log is a folder of segments, egress-<first sequence number>.jsonl, and a
// lock file. Every line is one JSON object; "prev" is the SHA-256, in hex, of
// the bytes of the line before it without its newline, whatever those bytes are,
// and of nothing (all zeros) for the first line of all. "seq" counts from 1. A new
// segment's first line continues the last one's chain, so old segments can be
// archived, and what is left still proves itself from there on.
//
// # What the chain proves, and what it does not
//
// A line that was changed, removed, inserted or moved breaks the chain behind
// it. The end is different: whoever can write to the files can cut off the last
// lines, or write the whole chain anew. So the newest hash (see [Log.Head])
// belongs in a place that this host cannot rewrite, such as the log stream or a
// trace; [Verify] says whether the chain holds such a hash.
//
// # Failing
//
// Append returns only when the line is on the disk. Where it cannot be written,
// it returns an error, and the caller must not let the rows go. A line that was
// only partly written, by a full disk or by a crash, is never removed: the log
// closes it with a newline, and the next line says that it recovered.
package egress
