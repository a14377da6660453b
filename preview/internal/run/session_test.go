package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// TestClassify: what may be done with a session after each way in which a pipeline
// can end.
func TestClassify(t *testing.T) {
	t.Parallel()
	clean := func() *answers { return &answers{clean: true} }
	failed := func(fatal bool, p part, code string) *answers {
		return &answers{clean: true, failure: &serverFailure{part: p, fatal: fatal, fields: wire.Fields{'C': code}}}
	}
	lost := fmt.Errorf("read: %w", io.ErrUnexpectedEOF)
	late := fmt.Errorf("read: %w", os.ErrDeadlineExceeded)
	for _, test := range []struct {
		name  string
		ended ending
		want  state
		err   error
	}{
		{"rows", ending{answers: clean()}, stateClean, nil},
		{"an error of the statement", ending{answers: failed(false, partStatement, "22012")}, stateClean, nil},
		{"another process", ending{answers: clean(), otherProcess: true}, stateStale, nil},
		{"interrupted, and answered all the same", ending{answers: clean(), interrupted: true}, stateBroken, nil},
		{"a write", ending{answers: &answers{clean: true, wrote: true}}, stateBroken, nil},
		{"an error in the place of the rollback", ending{answers: &answers{clean: true, unsure: true}}, stateBroken, nil},
		{"something is left in the session", ending{answers: &answers{}}, stateBroken, nil},
		{"ended while idle", ending{answers: failed(true, partBegin, "57P01"), pooled: true}, stateStale, nil},
		{"ended at the first use", ending{answers: failed(true, partBegin, "57P01")}, stateBroken, nil},
		{"ended by a clock before the statement", ending{answers: failed(true, partSettings, "25P04")}, stateStale, nil},
		{"ended in the statement", ending{answers: failed(true, partStatement, "57P01"), pooled: true}, stateBroken, nil},
		{"the caller went away", ending{err: late, answers: clean(), interrupted: true}, stateRunning, errInterrupted},
		{"the deadline passed", ending{err: late, answers: clean()}, stateRunning, late},
		{"the protocol was broken", ending{err: wire.ErrProtocol, answers: clean()}, stateRunning, wire.ErrProtocol},
		{"closed while idle", ending{err: lost, answers: clean(), pooled: true, silent: true}, stateStale, lost},
		{"closed at the first use", ending{err: lost, answers: clean(), silent: true}, stateBroken, lost},
		{"closed in the middle", ending{err: lost, answers: clean(), pooled: true}, stateBroken, lost},
	} {
		got, err := test.ended.classify()
		if got != test.want || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s: %d, %v; want %d, %v", test.name, got, err, test.want, test.err)
		}
	}
}
