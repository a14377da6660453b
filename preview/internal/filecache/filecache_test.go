package filecache

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestCache: a file is loaded again when it changes, and not otherwise; one with a fault
// leaves the last good value, and the fault is reported once.
func TestCache(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	written := time.Now().Add(-time.Hour)
	write := func(content string, modified time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	loads, reports := 0, 0
	cache := &Cache[string]{Paths: []string{path}, OnError: func(error) { reports++ }, Load: func() (string, error) {
		loads++
		content, err := os.ReadFile(path)
		if err == nil && len(content) == 0 {
			err = errors.New("it is empty")
		}
		return string(content), err
	}}
	want := func(what, value string, failed bool, loaded, reported int) {
		t.Helper()
		for range 3 {
			if got, err := cache.Get(); got != value || (err != nil) != failed {
				t.Errorf("%s: got %q, %v", what, got, err)
			}
		}
		if loads != loaded || reports != reported {
			t.Errorf("%s: loaded %d times, reported %d times", what, loads, reports)
		}
	}
	write("one", written)
	want("the first", "one", false, 1, 0)
	write("two", written.Add(time.Second))
	want("another time", "two", false, 2, 0)
	write("three", written.Add(time.Second))
	want("another size", "three", false, 3, 0)
	write("", written.Add(2*time.Second))
	want("empty", "three", true, 4, 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("gone", "three", true, 4, 2)
	write("three", written)
	want("back", "three", false, 5, 2)
	// Another file with the same size and time, as a secret is rotated.
	next := path + ".next"
	if err := os.WriteFile(next, []byte("eerht"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(next, written, written); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	want("another file", "eerht", false, 6, 2)
}

// TestCacheOfAFreshFile: a file that has just been written may change once more within
// one tick of its file system's clock.
func TestCacheOfAFreshFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	now := time.Now()
	cache := &Cache[string]{Paths: []string{path}, Load: func() (string, error) {
		content, err := os.ReadFile(path)
		return string(content), err
	}}
	for _, content := range []string{"old", "new", "now"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
		if got, err := cache.Get(); got != content || err != nil {
			t.Errorf("got %q, %v, not %q", got, err, content)
		}
	}
}
