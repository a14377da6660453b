package egress

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// DefaultSegmentBytes is when a new segment begins, unless Options say else.
	DefaultSegmentBytes = 64 << 20
	minSegmentBytes     = 1 << 10

	lockName = "egress.lock"
	fileMode = 0o600
	dirMode  = 0o700
)

// Options says where a log is and how it is kept.
type Options struct {
	// Dir is the folder of the log and nothing else. It is made when it is not
	// there; its parent must be.
	Dir string
	// SegmentBytes is the size at which a new segment begins. Default 64 MiB.
	SegmentBytes int64
	// NoSync leaves it to the system when lines reach the disk: a crash of the
	// machine, not of the process, may then lose the last seconds. Default: every
	// line is on the disk before Append returns.
	NoSync bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Log is an open log. Its methods may be called by many at once.
type Log struct {
	options Options
	lock    *os.File

	mu     sync.Mutex // guards what follows
	file   *os.File
	end    end
	failed error

	syncing sync.Mutex // held while the file is synced; taken before mu
	synced  uint64     // the last record known to be on the disk; guarded by syncing
}

// errClosed answers an Append after Close.
var errClosed = errors.New("egress: the log is closed")

// Open opens the log in options.Dir or begins one, and writes a line that says
// so. One process at a time may have a log open.
func Open(options Options) (*Log, error) {
	switch {
	case options.Dir == "":
		return nil, errors.New("egress: Options.Dir is not set")
	case options.SegmentBytes == 0:
		options.SegmentBytes = DefaultSegmentBytes
	case options.SegmentBytes < minSegmentBytes:
		return nil, fmt.Errorf("egress: Options.SegmentBytes is %d; it must be at least %d", options.SegmentBytes, minSegmentBytes)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if err := os.Mkdir(options.Dir, dirMode); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("egress: the folder cannot be made: %w", withoutPath(err))
	}
	lock, err := lockDir(options.Dir)
	if err != nil {
		return nil, err
	}
	l := &Log{options: options, lock: lock}
	if err := l.resume(); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// lockDir keeps other processes out; the lock ends with the process.
func lockDir(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, fileMode) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, fmt.Errorf("egress: the folder cannot be locked: %w", withoutPath(err))
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.New("egress: another process has this log open; give each its own folder")
		}
		return nil, fmt.Errorf("egress: the folder cannot be locked: %w", err)
	}
	return lock, nil
}

// resume finds the end of the chain and goes on from there.
func (l *Log) resume() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	files, err := segments(l.options.Dir)
	if err != nil {
		return err
	}
	if l.end, err = findEnd(files); err != nil {
		return err
	}
	if len(files) == 0 {
		err = l.begin()
	} else {
		err = l.reopen(files[len(files)-1])
	}
	if err != nil {
		return err
	}
	if err := l.write(Record{Event: Opened}); err != nil {
		return err
	}
	return l.sync()
}

func (l *Log) reopen(last segment) error {
	file, err := os.OpenFile(last.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("egress: %s cannot be opened: %w", filepath.Base(last.path), withoutPath(err))
	}
	l.file = file
	return nil
}

// begin makes the next segment.
func (l *Log) begin() error {
	name := segmentName(l.end.head.Sequence + 1)
	file, err := os.OpenFile(filepath.Join(l.options.Dir, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, fileMode) //nolint:gosec // the operator names the folder
	if err != nil {
		return fmt.Errorf("egress: %s cannot be made: %w", name, withoutPath(err))
	}
	if !l.options.NoSync {
		// The file's name must survive a crash as well as its content.
		dir, err := os.Open(l.options.Dir)
		if err == nil {
			err = errors.Join(dir.Sync(), dir.Close())
		}
		if err != nil {
			l.failed = fmt.Errorf("egress: the folder cannot be synced: %w", withoutPath(err))
			return errors.Join(l.failed, file.Close())
		}
	}
	l.file, l.end.size = file, 0
	return nil
}

// Append records a request and returns the line's place in the chain. When it
// returns an error the caller must not answer with rows: the line may or may
// not be in the log. It returns only when the line is on the disk.
func (l *Log) Append(entry Entry) (Head, error) {
	head, err := l.append(entry)
	if err != nil || l.options.NoSync {
		return head, err
	}
	return head, l.settle(head.Sequence)
}

func (l *Log) append(entry Entry) (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return Head{}, l.failed
	}
	if l.end.size >= l.options.SegmentBytes && !l.end.inLine && !l.end.broken {
		if err := l.rotate(); err != nil {
			return Head{}, err
		}
	}
	if err := l.write(Record{Event: Preview, Entry: entry.bounded()}); err != nil {
		return Head{}, err
	}
	return l.end.head, nil
}

// settle returns when the record is on the disk. Whoever comes first syncs for
// all that wait behind it.
func (l *Log) settle(sequence uint64) error {
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
	// Appends go on meanwhile. A rotation syncs the file before it closes it, so
	// a file that was closed under this is on the disk.
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		return l.fail(err)
	}
	l.synced = last
	return nil
}

// fail ends the log: after a failed sync nobody knows what is on the disk.
func (l *Log) fail(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("egress: the disk did not take a line; the log stays closed until it is opened again: %w", withoutPath(err))
	}
	return l.failed
}

// sync syncs the current file; mu is held.
func (l *Log) sync() error {
	if l.options.NoSync {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		l.failed = fmt.Errorf("egress: the disk did not take a line; the log stays closed until it is opened again: %w", withoutPath(err))
		return l.failed
	}
	return nil
}

// rotate ends the segment and begins the next; mu is held.
func (l *Log) rotate() error {
	if err := l.sync(); err != nil {
		return err
	}
	old := l.file
	if err := l.begin(); err != nil {
		return err // the old segment goes on
	}
	if err := old.Close(); err != nil {
		l.failed = fmt.Errorf("egress: a segment cannot be closed: %w", withoutPath(err))
		return l.failed
	}
	return l.write(Record{Event: Rotated})
}

// write appends one record, and before it what an unfinished line needs; mu is
// held. When it fails, the state is read anew from the file.
func (l *Log) write(record Record) error {
	if l.end.broken {
		if err := l.writeLine(Record{Event: Recovered}); err != nil {
			return err
		}
	}
	return l.writeLine(record)
}

func (l *Log) writeLine(record Record) error {
	record.Sequence = l.end.head.Sequence + 1
	record.Previous = l.end.previous
	record.Time = l.options.Now().UTC()
	line, err := record.encode()
	if err != nil {
		return err
	}
	if len(line) > maxLine-1 {
		return errors.New("egress: a record is longer than a line may be")
	}
	text := make([]byte, 0, len(line)+2)
	if l.end.inLine {
		text = append(text, '\n')
	}
	text = append(append(text, line...), '\n')
	if _, err := l.file.Write(text); err != nil {
		return l.unfinished(err)
	}
	hash := hashOf(line)
	l.end = end{
		head:     Head{Sequence: record.Sequence, Hash: hash},
		previous: hash,
		size:     l.end.size + int64(len(text)),
	}
	return nil
}

// unfinished looks how much of a line was written; mu is held.
func (l *Log) unfinished(cause error) error {
	files, err := segments(l.options.Dir)
	if err == nil {
		l.end, err = findEnd(files)
	}
	if err != nil {
		l.failed = err
	}
	return fmt.Errorf("egress: a line cannot be written: %w", withoutPath(cause))
}

// Head returns the newest record. Its hash belongs in a place that this host
// cannot rewrite.
func (l *Log) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end.head
}

// Close ends the log.
func (l *Log) Close() error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.failed, errClosed) {
		return nil
	}
	l.failed = errClosed
	var err error
	if l.file != nil {
		if !l.options.NoSync {
			err = l.file.Sync()
		}
		err = errors.Join(err, l.file.Close())
	}
	return errors.Join(err, l.lock.Close())
}
