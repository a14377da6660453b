package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/op-data/sqlpreview/cmd/sqlpreview/internal/jsonc"
)

// schemaKey may stand in the file to name its schema, for an editor.
const schemaKey = "$schema"

// readFile sets what the file says.
func (c *config) readFile(file string) []error {
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return []error{fmt.Errorf("the configuration file: %w", err)}
	}
	return c.read(file, content)
}

// read sets what a file's content says: a JSON object, in which comments and commas
// before a closing bracket are let pass. A key that is not known is a fault, since a
// bound with a wrong name would be no bound; so is one that stands there twice.
func (c *config) read(file string, content []byte) (faults []error) {
	plain := jsonc.Standardize(bytes.TrimPrefix(content, []byte(byteOrderMark)))
	entries, err := entriesOf(plain)
	if err != nil {
		return []error{fmt.Errorf("the configuration file %s is not a JSON object%s: %w", file, lineOf(plain, err), err)}
	}
	settings := c.settings()
	seen := map[string]int{}
	for _, entry := range entries {
		place := fmt.Sprintf("%s:%d", file, entry.line)
		target, known := settings[entry.key]
		switch first := seen[entry.key]; {
		case first > 0:
			faults = append(faults, fmt.Errorf("%s: %q stands there twice, first on line %d", place, entry.key, first))
		case entry.key == schemaKey:
		case !known:
			faults = append(faults, fmt.Errorf("%s: there is no setting %q%s", place, entry.key, didYouMean(entry.key, slices.Collect(maps.Keys(settings)))))
		default:
			c.origin[entry.key] = place
			faults = append(faults, settingError(setJSON(target, entry.value), entry.key))
		}
		seen[entry.key] = entry.line
	}
	return faults
}

// An entry is a member of the file's object and the line of its key.
type entry struct {
	key   string
	value json.RawMessage
	line  int
}

var errAfterObject = errors.New("it goes on after its JSON object")

// entriesOf reads a JSON object, member by member.
func entriesOf(text []byte) (entries []entry, err error) {
	if !json.Valid(text) { // Unmarshal's error knows the place
		var object map[string]json.RawMessage
		decoder := json.NewDecoder(bytes.NewReader(text))
		if err := decoder.Decode(&object); err != nil {
			return nil, err
		}
		return nil, errAfterObject
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.Join(err, errors.New("it begins with something else than {"))
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		member := entry{line: 1 + bytes.Count(text[:decoder.InputOffset()], []byte("\n"))}
		member.key, _ = name.(string)
		if err := decoder.Decode(&member.value); err != nil {
			return nil, err
		}
		entries = append(entries, member)
	}
	return entries, nil
}

// lineOf says on which line a JSON text is broken, where the decoder knows.
func lineOf(content []byte, err error) string {
	var syntax *json.SyntaxError
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Sprintf(" (line %d)", 1+bytes.Count(content, []byte("\n")))
	}
	if !errors.As(err, &syntax) || syntax.Offset > int64(len(content)) {
		return ""
	}
	return fmt.Sprintf(" (line %d)", 1+bytes.Count(content[:syntax.Offset], []byte("\n")))
}

// setJSON sets a value from the file; times are written as in "10s".
func setJSON(target any, value json.RawMessage) error {
	var text string
	if duration, ok := target.(*time.Duration); ok {
		if json.Unmarshal(value, &text) != nil {
			return errDuration
		}
		return setText(duration, text)
	}
	if bytes.Equal(value, []byte("null")) || json.Unmarshal(value, target) != nil {
		return fmt.Errorf("the value is not %s", kindOf(target))
	}
	return nil
}
