package pgtree

import "testing"

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
