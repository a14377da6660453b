package guard_test

import (
	"testing"

	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

// A corpusCase is one text of testdata/attacks or testdata/allowed.
type corpusCase struct {
	corpus.Case
	expect []corpus.Violation
}

// readCorpus reads every case of the folder.
func readCorpus(t testing.TB, folder string, format corpus.Format) []corpusCase {
	t.Helper()
	cases, err := corpus.Read(folder, format)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]corpusCase, len(cases))
	for i, c := range cases {
		all[i].Case = c
		if !format.Headed {
			continue
		}
		if all[i].expect, err = c.Violations(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
