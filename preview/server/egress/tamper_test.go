package egress_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/server/egress"
)

// TestTampering changes a log in every way that a holder of the file could,
// short of writing all of the rest anew.
func TestTampering(t *testing.T) {
	source := t.TempDir()
	log := open(t, egress.Options{Dir: source, SegmentBytes: 1024})
	appendN(t, log, 12)
	head := log.Head()
	log.Close()
	names := files(t, source)
	if len(names) < 3 {
		t.Fatalf("only %d segments", len(names))
	}

	line := func(content string, i int) []string {
		lines := strings.SplitAfter(content, "\n")
		return []string{strings.Join(lines[:i], ""), lines[i], strings.Join(lines[i+1:], "")}
	}
	cases := map[string]func(t *testing.T, names []string){
		"a line removed": func(t *testing.T, names []string) {
			parts := line(read(t, names[0]), 1)
			write(t, names[0], parts[0]+parts[2])
		},
		"a line repeated": func(t *testing.T, names []string) {
			parts := line(read(t, names[0]), 1)
			write(t, names[0], parts[0]+parts[1]+parts[1]+parts[2])
		},
		"two lines swapped": func(t *testing.T, names []string) {
			parts := line(read(t, names[0]), 1)
			lines := strings.SplitAfter(parts[2], "\n")
			write(t, names[0], parts[0]+lines[0]+parts[1]+strings.Join(lines[1:], ""))
		},
		"the first line removed": func(t *testing.T, names []string) {
			write(t, names[0], line(read(t, names[0]), 0)[2])
		},
		"a segment's last line removed": func(t *testing.T, names []string) {
			content := strings.TrimSuffix(read(t, names[0]), "\n")
			write(t, names[0], content[:strings.LastIndexByte(content, '\n')+1])
		},
		"a segment removed": func(_ *testing.T, names []string) { os.Remove(names[1]) },
		"a segment emptied": func(t *testing.T, names []string) { write(t, names[1], "") },
		"the first segment emptied": func(t *testing.T, names []string) {
			write(t, names[0], "")
		},
		"a segment renamed": func(_ *testing.T, names []string) {
			os.Rename(names[0], filepath.Join(filepath.Dir(names[0]), "egress-00000000000000000000.jsonl"))
		},
		"an empty line": func(t *testing.T, names []string) {
			parts := line(read(t, names[0]), 1)
			write(t, names[0], parts[0]+"\n"+parts[1]+parts[2])
		},
		"an unfinished line within": func(t *testing.T, names []string) {
			parts := line(read(t, names[0]), 1)
			write(t, names[0], parts[0]+"{\n"+parts[1]+parts[2])
		},
		"an unfinished end before a segment": func(t *testing.T, names []string) {
			write(t, names[0], strings.TrimSuffix(read(t, names[0]), "\n"))
		},
		"a line too long": func(t *testing.T, names []string) {
			write(t, names[0], strings.Repeat(" ", 2<<20)+read(t, names[0]))
		},
		"garbage at the end": func(t *testing.T, names []string) {
			last := names[len(names)-1]
			write(t, last, read(t, last)+"garbage\n")
		},
		"a key of no known name at the end": func(t *testing.T, names []string) {
			last := names[len(names)-1]
			write(t, last, strings.TrimSuffix(read(t, last), "}\n")+`,"x":1}`+"\n")
		},
	}
	for name, tamper := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
				t.Fatal(err)
			}
			tamper(t, files(t, dir))
			var fault *egress.Fault
			report, err := egress.Verify(context.Background(), dir, head.Hash)
			if name == "a segment renamed" && err != nil {
				return // the folder is no log at all
			}
			if !errors.As(err, &fault) {
				t.Errorf("it was not found: %+v %v", report, err)
			}
		})
	}

	t.Run("every byte of a line that another follows", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
			t.Fatal(err)
		}
		name := files(t, dir)[0]
		content := read(t, name)
		for i := range len(content) {
			changed := []byte(content)
			changed[i] ^= 1
			write(t, name, string(changed))
			if _, err := egress.Verify(context.Background(), dir, ""); err == nil {
				t.Errorf("byte %d (%q) was changed and not missed", i, content[i])
			}
		}
	})

	// The end is what a chain cannot prove alone.
	t.Run("the end cut off needs the witness", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
			t.Fatal(err)
		}
		os.Remove(files(t, dir)[len(names)-1])
		report, err := egress.Verify(context.Background(), dir, head.Hash)
		if err != nil || report.Witnessed {
			t.Errorf("got %+v %v", report, err)
		}
	})
}
