package corpus

import (
	"path/filepath"
	"testing"
)

func TestTheCollectedTextsAreRead(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "testdata")
	texts, schema, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	honest := 0
	for _, text := range texts {
		if text.Honest {
			honest++
		}
	}
	if honest < 300 || len(texts)-honest < 500 || schema == "" {
		t.Errorf("%d honest queries, %d attacks, %d bytes of schema", honest, len(texts)-honest, len(schema))
	}
}
