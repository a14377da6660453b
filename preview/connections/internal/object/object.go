// Package object reads JSON objects that others wrote. A key that occurs twice is
// refused, since another reader could take the other value.
package object

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Members decodes one JSON object. Its errors quote nothing.
func Members(text []byte) (map[string]json.RawMessage, error) {
	notObject := errors.New("it is no JSON object")
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, notObject
	}
	object := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, notObject
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, notObject
		}
		if _, twice := object[key]; twice {
			return nil, errors.New("it has a key twice")
		}
		object[key] = value
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, notObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, notObject
	}
	return object, nil
}
