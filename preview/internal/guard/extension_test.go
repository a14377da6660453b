package guard_test

import (
	"testing"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

func TestOnlyWhatWasLookedThroughIsVetted(t *testing.T) {
	t.Parallel()
	for extension, want := range map[string]bool{"postgis": true, "vector": true, "rdkit": false, "age": false, "unknown": false} {
		if guard.Vetted(extension) != want {
			t.Errorf("%s: vetted is %t", extension, !want)
		}
	}
	for name, text := range map[string]string{
		"neither":    "version 1\n",
		"both":       "version 1\nhow read\nunvetted not read\n",
		"no version": "how read\n",
		"no reason":  "version 1\nunvetted\n",
		"no hint":    "version 1\nhow read\ndeny sql-text run\n",
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			guard.ReadExtension(text)
		}()
	}
}
