package pgtree

import (
	"runtime"
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/limiter"
)

// TestShortTextsDoNotWaitBehindLongOnes holds every parser permit for long texts.
func TestShortTextsDoNotWaitBehindLongOnes(t *testing.T) {
	long := parserPermits.Of(ShortText + 1)
	for range long.Max() {
		permit, err := long.Acquire(t.Context(), -1)
		if err != nil {
			t.Fatal(err)
		}
		defer permit.Release()
	}
	if _, err := Parse("select 1"); err != nil {
		t.Error(err)
	}
}

// TestCallsIntoCWaitForAPermit: callers at once do not become threads at once, since every
// call into C needs one of the permits, of which there are as many as processors.
func TestCallsIntoCWaitForAPermit(t *testing.T) {
	short := parserPermits.Of(0)
	if short.Max() != runtime.GOMAXPROCS(0) {
		t.Errorf("%d permits for %d processors", short.Max(), runtime.GOMAXPROCS(0))
	}
	for name, call := range map[string]func(){
		"Parse":       func() { _, _ = Parse("select 1") },
		"Fingerprint": func() { _, _ = Fingerprint("select 1") },
	} {
		t.Run(name, func(t *testing.T) {
			var held []*limiter.Permit
			release := func() {
				for _, permit := range held {
					permit.Release()
				}
				held = nil
			}
			defer release()
			for range short.Max() {
				permit, err := short.Acquire(t.Context(), -1)
				if err != nil {
					t.Fatal(err)
				}
				held = append(held, permit)
			}
			done := make(chan struct{})
			go func() { defer close(done); call() }()
			for waits := false; !waits; waits = short.Waiting() == 1 {
				select {
				case <-done:
					t.Fatal("it did not wait for a permit")
				default:
					runtime.Gosched()
				}
			}
			release()
			<-done
		})
	}
}
