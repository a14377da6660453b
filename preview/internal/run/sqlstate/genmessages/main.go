// Command genmessages writes constants.txt: the messages of PostgreSQL's server
// that hold no placeholder, and so can hold no value. It reads the server's own
// message catalogs (postgres-NN.mo), whose keys are its messages as they stand in
// its source. In this folder, with catalogs of any language, one a major version:
//
//	go run . /usr/share/locale/de/LC_MESSAGES/postgres-15.mo ... > ../constants.txt
//
// Left out are sentences (hints, details and descriptions of settings), which begin
// with a capital or end in a full stop, and what is not one line of ASCII.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "genmessages:", err)
		os.Exit(1)
	}
}

func run(files []string, out io.Writer) error {
	if len(files) == 0 {
		return errors.New("no message catalog was named; see the command's comment")
	}
	var messages, versions []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		keys, err := keysOf(content)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "postgres-"), ".mo")
		versions = append(versions, version)
		for _, key := range keys {
			if constant(key) {
				messages = append(messages, key)
			}
		}
	}
	slices.Sort(messages)
	slices.Sort(versions)
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "# Written by genmessages from the message catalogs of PostgreSQL %s. Do not edit.\n", strings.Join(versions, ", "))
	for _, message := range slices.Compact(messages) {
		fmt.Fprintln(w, message)
	}
	return w.Flush()
}

// constant reports whether a message holds no placeholder and is no sentence.
func constant(message string) bool {
	if message == "" || strings.ContainsAny(message, "%\n\t\x04#") || strings.HasSuffix(message, ".") || len(message) > 300 {
		return false
	}
	for _, c := range []byte(message) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	// "JSON" and "GROUP BY" begin messages, "Sets" and "Could" begin sentences.
	first, second := message[0], byte(' ')
	if len(message) > 1 {
		second = message[1]
	}
	sentence := first >= 'A' && first <= 'Z' && second >= 'a' && second <= 'z'
	return !sentence
}

// keysOf reads the keys of a catalog in GNU gettext's binary form:
// https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
func keysOf(content []byte) ([]string, error) {
	const magic, headerBytes = 0x950412de, 28
	if len(content) < headerBytes {
		return nil, errors.New("it is no message catalog")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if order.Uint32(content) != magic {
		order = binary.BigEndian
	}
	if order.Uint32(content) != magic {
		return nil, errors.New("it is no message catalog")
	}
	count, table := int(order.Uint32(content[8:])), int(order.Uint32(content[12:]))
	var keys []string
	for i := range count {
		entry := table + 8*i
		if entry+8 > len(content) {
			return nil, errors.New("it is cut off")
		}
		length, offset := int(order.Uint32(content[entry:])), int(order.Uint32(content[entry+4:]))
		if offset+length > len(content) {
			return nil, errors.New("it is cut off")
		}
		// A plural follows its singular behind a NUL; each is a message.
		for _, key := range bytes.Split(content[offset:offset+length], []byte{0}) {
			keys = append(keys, string(key))
		}
	}
	return keys, nil
}
