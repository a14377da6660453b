package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// maxBatchLine bounds a line: the longest SQL text with every byte escaped,
// and room for the id. A longer line is answered, not kept.
const maxBatchLine = 6*preview.HardMaxSQLBytes + 64<<10

// batchAnswer is one line of output.
type batchAnswer struct {
	ID json.RawMessage `json:"id"`
	verdictJSON
}

// checkBatch answers each line of in with a line on out, in order. However
// many lines there are and however long, it holds one at a time.
func checkBatch(in io.Reader, out io.Writer, validate validate) error {
	reader := bufio.NewReaderSize(in, 64<<10)
	writer := bufio.NewWriter(out)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	var line []byte
	for last := false; !last; {
		var whole bool
		var err error
		line, whole, err = readLine(reader, line[:0])
		if last = errors.Is(err, io.EOF); err != nil && !last {
			return fmt.Errorf("cannot read standard input: %w", err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := encoder.Encode(answerLine(text, whole, validate)); err != nil {
				return fmt.Errorf("cannot write the answer: %w", err)
			}
		}
		// A caller that waits for each answer must get it.
		if reader.Buffered() == 0 || last {
			if err := writer.Flush(); err != nil {
				return fmt.Errorf("cannot write the answer: %w", err)
			}
		}
	}
	return nil
}

// readLine appends the next line to buffer, at most maxBatchLine bytes of it;
// whole reports whether that was all.
func readLine(reader *bufio.Reader, buffer []byte) (line []byte, whole bool, err error) {
	whole = true
	for {
		part, err := reader.ReadSlice('\n')
		if keep := min(len(part), maxBatchLine-len(buffer)); keep < len(part) {
			part, whole = part[:keep], false
		}
		buffer = append(buffer, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buffer, whole, err
		}
	}
}

// answerLine judges one line.
func answerLine(line []byte, whole bool, validate validate) batchAnswer {
	// A map, since a struct's keys would match in any case of letters.
	var question map[string]json.RawMessage
	if !whole {
		return unreadable(firstID(line), reason.SQLTooLarge, "the line is longer than any query may be")
	}
	// The decoder would replace such bytes and the verdict be one on another text.
	if !utf8.Valid(line) {
		return unreadable(firstID(line), reason.SQLInvalidText, "the line is not valid UTF-8")
	}
	if err := json.Unmarshal(line, &question); err != nil || question == nil {
		return unreadable(firstID(line), reason.SQLInvalidText, `the line is not a JSON object {"id":..,"sql":..}`)
	}
	var sql *string
	if len(question["sql"]) > 0 && json.Unmarshal(question["sql"], &sql) != nil || sql == nil {
		return unreadable(question["id"], reason.SQLInvalidText, `the line has no text under "sql"`)
	}
	if loneSurrogate(question["sql"]) {
		return unreadable(question["id"], reason.SQLInvalidText, "the query holds half of a surrogate pair, which no UTF-8 text can")
	}
	verdict, err := validate(*sql)
	if err != nil {
		return unreadable(question["id"], preview.ReasonOf(err), "the query could not be judged")
	}
	return batchAnswer{ID: idOrNull(question["id"]), verdictJSON: verdictOf(verdict)}
}

// unreadable answers a line that holds no query.
func unreadable(id json.RawMessage, r reason.Reason, message string) batchAnswer {
	return batchAnswer{ID: idOrNull(id), verdictJSON: verdictJSON{Violations: []preview.Violation{{
		Reason: r, Rule: "batch-line", Message: message, Line: 1, Column: 1,
		Hint: `write one JSON object a line: {"id":"a","sql":"select 1"}`,
	}}}}
}

func idOrNull(id json.RawMessage) json.RawMessage {
	if len(id) == 0 {
		return json.RawMessage("null")
	}
	return id
}

// firstID finds the id in the readable beginning of a line, so that also the
// answer to a broken line can be told from the others; nil if there is none.
func firstID(line []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil
		}
		if key == "id" && utf8.Valid(value) {
			return value
		}
	}
	return nil
}

// loneSurrogate reports whether a JSON string holds an escaped surrogate without
// its other half, which Go's decoder replaces instead of refusing.
func loneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		unit, ok := codeUnit(text, i)
		if !ok || unit < 0xd800 || unit > 0xdfff {
			continue
		}
		low, ok := codeUnit(text, i+6)
		if unit > 0xdbff || !ok || text[i+5] != '\\' || low < 0xdc00 || low > 0xdfff {
			return true
		}
		i += 10
	}
	return false
}

// codeUnit reads the uXXXX at text[at:].
func codeUnit(text []byte, at int) (unit uint64, ok bool) {
	if at+5 > len(text) || text[at] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[at+1:at+5]), 16, 16)
	return unit, err == nil
}
