package egress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/server/jsonline"
)

// Event is what a line is about.
type Event string

// The events.
const (
	// Opened is the first line of a process.
	Opened Event = "opened"
	// Rotated is the first line of a segment that follows another.
	Rotated Event = "rotated"
	// Recovered follows a line that was only partly written.
	Recovered Event = "recovered"
	// Preview is one answered request.
	Preview Event = "preview"
)

// Entry describes one request. It holds no SQL text and no value of the database.
type Entry struct {
	// Caller names who asked, as the authentication says.
	Caller string `json:"caller,omitempty"`
	// RequestID and ConnectionID are the request's own.
	RequestID    string `json:"request_id,omitempty"`
	ConnectionID string `json:"connection_id,omitempty"`
	// Procedure is the RPC that was called.
	Procedure string `json:"procedure,omitempty"`
	// SQLFingerprint is the parser's fingerprint of the statement.
	SQLFingerprint string `json:"sql_fingerprint,omitempty"`
	// Tables are the relations that the statement names; at most the first
	// hundred, and TablesOmitted counts the others.
	Tables        []string `json:"tables,omitempty"`
	TablesOmitted int      `json:"tables_omitted,omitempty"`
	// Rows and Bytes are what left.
	Rows  int   `json:"rows"`
	Bytes int64 `json:"bytes"`
	// Changes has the number of cells for each kind of change.
	Changes map[string]int `json:"changes,omitempty"`
	// PayloadSHA256 and SchemaFingerprint identify what left.
	PayloadSHA256     string `json:"payload_sha256,omitempty"`
	SchemaFingerprint string `json:"schema_fingerprint,omitempty"`
	// Outcome says how the request ended; Reason why, where it failed.
	Outcome string `json:"outcome,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Line is one line of the log.
type Line struct {
	// Sequence counts the lines from 1.
	Sequence uint64 `json:"seq"`
	// Previous is the SHA-256 in hex of the line before, without its newline.
	Previous string `json:"prev"`
	// Time is when the line was made, in UTC.
	Time time.Time `json:"time"`
	// Event says what the line is about; Entry is set for Preview.
	Event Event `json:"event"`
	Entry
}

const (
	maxTables = 100
	// maxText bounds each text of an entry, in bytes: a name in PostgreSQL has at
	// most 63, and a qualified one a few of them.
	maxText = 512
	// maxLine bounds a line. An entry at all its bounds, each byte escaped,
	// stays below.
	maxLine = 1 << 20
)

// bounded returns e with its texts and lists cut to their bounds, so that a caller
// cannot fill the disk with long names.
func (e Entry) bounded() Entry {
	for _, text := range []*string{
		&e.Caller, &e.RequestID, &e.ConnectionID, &e.Procedure, &e.SQLFingerprint,
		&e.PayloadSHA256, &e.SchemaFingerprint, &e.Outcome, &e.Reason,
	} {
		*text = cut(*text)
	}
	if over := len(e.Tables) - maxTables; over > 0 {
		e.Tables, e.TablesOmitted = e.Tables[:maxTables], e.TablesOmitted+over
	}
	tables := make([]string, len(e.Tables))
	for i, name := range e.Tables {
		tables[i] = cut(name)
	}
	e.Tables = tables
	return e
}

// cut shortens text to maxText bytes, marking that it did.
func cut(text string) string {
	const mark = "…"
	if len(text) <= maxText {
		return text
	}
	end := maxText - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// encode returns the line without its newline, with nothing in it
// that a terminal acts on.
func (l Line) encode() ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, fmt.Errorf("egress: a line cannot be encoded: %w", err)
	}
	return jsonline.Escape(bytes.TrimSuffix(line.Bytes(), []byte("\n"))), nil
}

// decode reads one line. It refuses unknown keys and anything after the object.
func decode(line []byte) (Line, error) {
	var r Line
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return Line{}, errors.New("the line is none of the log")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Line{}, errors.New("the line holds more than one object")
	}
	switch r.Event {
	case Opened, Rotated, Recovered, Preview:
	default:
		return Line{}, errors.New("the line's event is unknown")
	}
	return r, nil
}
