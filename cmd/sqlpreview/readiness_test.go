package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestReadinessFollowsTheRecord: a sidecar that cannot record answers nothing, so
// it is not ready; after a while it is tried again, and at once after a record.
func TestReadinessFollowsTheRecord(t *testing.T) {
	clock := time.Unix(0, 0)
	r := &readiness{now: func() time.Time { return clock }, probe: func(context.Context) error { return nil }}
	for _, step := range []struct {
		name  string
		do    func()
		ready bool
	}{
		{"at the start", func() {}, true},
		{"not recorded", func() { r.recorded(false) }, false},
		{"a little later", func() { clock = clock.Add(unrecordedAge - 1) }, false},
		{"to be tried again", func() { clock = clock.Add(1) }, true},
		{"not recorded again", func() { r.recorded(false) }, false},
		{"recorded", func() { r.recorded(true) }, true},
	} {
		step.do()
		err := r.check(t.Context())
		if (err == nil) != step.ready || err != nil && !strings.Contains(err.Error(), "the egress record") {
			t.Errorf("%s: got %v", step.name, err)
		}
	}
}

// TestReadinessRemembers: an answer is asked for again when it is old, a no
// sooner than a yes; a stop is for good.
func TestReadinessRemembers(t *testing.T) {
	clock, asked := time.Unix(0, 0), 0
	var answer error
	r := &readiness{now: func() time.Time { return clock }, probe: func(context.Context) error { asked++; return answer }}
	for _, step := range []struct {
		name  string
		after time.Duration
		next  error
		ready bool
		asked int
	}{
		{"first", 0, nil, true, 1},
		{"remembered", readyAge - 1, errors.New("down"), true, 1},
		{"asked again", 1, errors.New("down"), false, 2},
		{"the no is remembered", unreadyAge - 1, nil, false, 2},
		{"and asked again", 1, nil, true, 3},
	} {
		clock, answer = clock.Add(step.after), step.next
		if err := r.check(t.Context()); (err == nil) != step.ready || asked != step.asked {
			t.Errorf("%s: got %v after %d looks", step.name, err, asked)
		}
	}
	r.drain()
	if r.check(t.Context()) == nil {
		t.Error("ready while stopping")
	}
}
