package fuzz

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/op-data/sqlpreview/preview/pgtest/corpus"
)

// majors are the values of the keys that name a version.
var majors = []string{"14", "15", "16", "17", "18"}

// resolutionFormat is the format of fuzz/testdata/resolution, which its README
// describes.
var resolutionFormat = corpus.Format{Headed: true, Group: "class", Keys: map[string][]string{
	"class": nil, "why": nil, "setup": nil, "tree": {"yes", "no"}, "role": nil, "policy": nil, "encoding": nil,
	"server": majors, "until": majors, "escape": {"none", "go"}, "repeat": {"none", "on"},
}}

// ReadCases yields the cases of a folder in the format of fuzz/testdata/resolution,
// or of a file with a line of JSON for each.
func ReadCases(path string) iter.Seq2[ResolutionCase, error] {
	return func(yield func(ResolutionCase, error) bool) {
		info, err := os.Stat(path)
		if err != nil {
			yield(ResolutionCase{}, err)
			return
		}
		if info.IsDir() {
			readFolder(path, yield)
			return
		}
		file, err := os.Open(path)
		if err != nil {
			yield(ResolutionCase{}, err)
			return
		}
		defer file.Close() //nolint:errcheck // it was only read
		readLines(file, yield)
	}
}

func readFolder(folder string, yield func(ResolutionCase, error) bool) {
	cases, err := corpus.Read(folder, resolutionFormat)
	if err != nil {
		yield(ResolutionCase{}, err)
		return
	}
	setups := map[string]string{trapsSetup: trapsSetup}
	for _, c := range cases {
		name := c.Keys["setup"]
		if _, known := setups[name]; !known {
			text, err := os.ReadFile(filepath.Join(folder, filepath.Base(name)+".sql"))
			if err != nil {
				yield(ResolutionCase{}, fmt.Errorf("%s: %w", c.Where(), err))
				return
			}
			setups[name] = string(text)
		}
		converted := ResolutionCase{
			Class: c.Keys["class"], Setup: setups[name], SQL: c.SQL, Policy: json.RawMessage(c.Keys["policy"]),
			Role: c.Keys["role"], Encoding: c.Keys["encoding"], Expect: c.Head, Since: major(c.Keys["server"]), Until: major(c.Keys["until"]),
			NotInTree: c.Keys["tree"] == "no",
		}
		if !yield(converted, nil) {
			return
		}
	}
}

// major reads the value of a version key; 0 without one.
func major(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func readLines(file io.Reader, yield func(ResolutionCase, error) bool) {
	lines := bufio.NewReader(file)
	for number := 1; ; number++ {
		line, err := lines.ReadString('\n')
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			var c ResolutionCase
			if err := json.Unmarshal([]byte(text), &c); err != nil {
				yield(c, fmt.Errorf("line %d: %w", number, err))
				return
			}
			if !yield(c, nil) {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			yield(ResolutionCase{}, err)
			return
		}
	}
}
