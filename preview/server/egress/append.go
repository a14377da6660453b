package egress

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// Append appends a line about a request to the log and returns its place in the
// chain, when the line is on the disk. After an error the caller must not send rows:
// the line may or may not be in the log.
func (l *Log) Append(entry Entry) (Head, error) {
	head, err := l.appendEntry(entry)
	if err != nil || l.options.NoSync {
		return head, err
	}
	return head, l.awaitSync(head.Sequence)
}

func (l *Log) appendEntry(entry Entry) (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return Head{}, l.failed
	}
	if err := l.checkSegment(); err != nil {
		return Head{}, err
	}
	if l.end.size >= l.options.SegmentBytes && !l.end.inLine && !l.end.broken {
		if err := l.rotate(); err != nil {
			return Head{}, err
		}
	}
	if err := l.appendLine(Line{Event: Preview, Entry: entry.bounded()}); err != nil {
		return Head{}, err
	}
	return l.end.head, nil
}

// checkSegment refuses to write to a segment that was removed, moved or replaced, where
// the lines would not be found, and to one that is not as long as the lines that were
// written, since it was cut off or written to. It compares, and does not read: what was
// changed in place is for [Verify] to find. mu is held.
func (l *Log) checkSegment() error {
	name := filepath.Base(l.file.Name())
	open, err := l.file.Stat()
	if err == nil {
		var there os.FileInfo
		if there, err = os.Stat(l.file.Name()); err == nil && !os.SameFile(open, there) {
			err = os.ErrNotExist
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("egress: %s is not in its folder any more; put it back, or restart to begin a new log", name)
	case open.Size() != l.end.size:
		return fmt.Errorf("egress: %s has %d bytes and should have %d: something else cut it off or wrote to it; "+
			"keep a copy, put the file back, or move it away and restart to begin a new log", name, open.Size(), l.end.size)
	}
	return nil
}

// awaitSync returns when the line of that number is on the disk. The first of several callers
// syncs the file for all of them.
func (l *Log) awaitSync(sequence uint64) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if l.synced >= sequence {
		return nil
	}
	l.mu.Lock()
	file, last, failed := l.file, l.end.head.Sequence, l.failed
	l.mu.Unlock()
	if failed != nil {
		return failed
	}
	// Others append meanwhile. A rotation syncs the file before it closes it, so a file
	// that was closed during this call is on the disk.
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return l.fail(err)
	}
	l.synced = last
	return nil
}

// fail closes the log: after a failed sync it is not known what is on the disk
// (https://lwn.net/Articles/752063/).
func (l *Log) fail(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("egress: the disk did not take a line; the log stays closed until it is opened again: %w", syserr.Cause(err))
	}
	return l.failed
}

// syncSegment syncs the current file; mu is held.
func (l *Log) syncSegment() error {
	if l.options.NoSync {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		l.failed = fmt.Errorf("egress: the disk did not take a line; the log stays closed until it is opened again: %w", syserr.Cause(err))
		return l.failed
	}
	return nil
}

// rotate ends the segment and begins the next; mu is held.
func (l *Log) rotate() error {
	if err := l.syncSegment(); err != nil {
		return err
	}
	old := l.file
	if err := l.beginSegment(); err != nil {
		return err // the old segment goes on
	}
	if err := old.Close(); err != nil {
		l.failed = fmt.Errorf("egress: a segment cannot be closed: %w", syserr.Cause(err))
		return l.failed
	}
	return l.appendLine(Line{Event: Rotated})
}

// appendLine appends a line, and before it, behind one that was only partly
// written, one that says so. When it fails, it reads the end of the log from the file
// again. mu is held.
func (l *Log) appendLine(line Line) error {
	if l.end.broken {
		if err := l.writeLine(Line{Event: Recovered}); err != nil {
			return err
		}
	}
	return l.writeLine(line)
}

// writeLine gives a line its place in the chain and writes it. mu is held.
func (l *Log) writeLine(next Line) error {
	next.Sequence = l.end.head.Sequence + 1
	next.Previous = l.end.previous
	next.Time = l.options.Now().UTC()
	line, err := next.encode()
	if err != nil {
		return err
	}
	if len(line) > maxLine-1 {
		return errors.New("egress: an entry is longer than a line may be")
	}
	text := make([]byte, 0, len(line)+2)
	if l.end.inLine {
		text = append(text, '\n')
	}
	text = append(append(text, line...), '\n')
	if _, err := l.file.Write(text); err != nil {
		return l.recoverEnd(err)
	}
	hash := hashOf(line)
	l.end = end{
		head:     Head{Sequence: next.Sequence, Hash: hash},
		previous: hash,
		size:     l.end.size + int64(len(text)),
	}
	return nil
}

// recoverEnd finds the end of the log after a failed write; mu is held.
func (l *Log) recoverEnd(cause error) error {
	files, err := segments(l.options.Dir)
	if err == nil {
		l.end, err = findEnd(files)
	}
	if err != nil {
		l.failed = err
	}
	return fmt.Errorf("egress: a line cannot be written: %w", syserr.Cause(cause))
}
