package egress

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	// DefaultSegmentBytes is when a new segment begins, unless Options say else.
	DefaultSegmentBytes = 64 << 20
	minSegmentBytes     = 1 << 10

	lockName = "egress.lock"
	fileMode = 0o600
	dirMode  = 0o700
)

// Options configures a log.
type Options struct {
	// Dir is the folder of the log and nothing else. It is made when it is not
	// there; its parent must be.
	Dir string
	// SegmentBytes is the size at which a new segment begins. Default 64 MiB.
	SegmentBytes int64
	// NoSync does not wait for the disk: a crash of the machine, not of the process, may
	// then lose the lines of the last seconds. Default: every line is on the disk before
	// Append returns.
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
	synced  uint64     // the last line known to be on the disk; guarded by syncing
}

// errClosed answers an Append after Close.
var errClosed = errors.New("egress: the log is closed")

// Open opens the log in options.Dir, or makes one, and appends a line that says so.
// One process at a time can have a log open.
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
		return nil, fmt.Errorf("egress: the folder cannot be made: %w", syserr.Cause(err))
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
		return nil, fmt.Errorf("egress: the folder cannot be locked: %w", syserr.Cause(err))
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
		err = l.beginSegment()
	} else {
		err = l.reopen(files[len(files)-1])
	}
	if err != nil {
		return err
	}
	if err := l.appendLine(Line{Event: Opened}); err != nil {
		return err
	}
	return l.syncSegment()
}

func (l *Log) reopen(last segment) error {
	file, err := os.OpenFile(last.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("egress: %s cannot be opened: %w", filepath.Base(last.path), syserr.Cause(err))
	}
	l.file = file
	return nil
}

// beginSegment makes the next segment.
func (l *Log) beginSegment() error {
	name := segmentName(l.end.head.Sequence + 1)
	file, err := os.OpenFile(filepath.Join(l.options.Dir, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, fileMode) //nolint:gosec // the operator names the folder
	if err != nil {
		return fmt.Errorf("egress: %s cannot be made: %w", name, syserr.Cause(err))
	}
	if !l.options.NoSync {
		// The file's name must survive a crash as well as its content.
		dir, err := os.Open(l.options.Dir)
		if err == nil {
			err = errors.Join(dir.Sync(), dir.Close())
		}
		if err != nil {
			l.failed = fmt.Errorf("egress: the folder cannot be synced: %w", syserr.Cause(err))
			return errors.Join(l.failed, file.Close())
		}
	}
	l.file, l.end.size = file, 0
	return nil
}

// Head returns the newest line. Keep its hash where this host cannot rewrite it.
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
