// Command gen writes the tables of package chars from the files of the
// Unicode Character Database and the Ideographic Variation Database.
//
//	go run ./gen -ucd ucd -ivd IVD_Sequences.txt
//
// The first directory is laid out as https://www.unicode.org/Public/17.0.0/ucd;
// the second file is published at https://www.unicode.org/ivd/data/2022-09-13.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	ucd := flag.String("ucd", "ucd", "directory of the Unicode Character Database")
	ivd := flag.String("ivd", "IVD_Sequences.txt", "file of the Ideographic Variation Database")
	flag.Parse()
	if err := run(*ucd, *ivd); err != nil {
		log.Fatal(err)
	}
}

func run(ucd, ivd string) error {
	points, err := readPoints(ucd)
	if err != nil {
		return err
	}
	if err := writeClasses("classes_gen.go", points); err != nil {
		return err
	}
	return writeSequences("sequences.bin", ivd,
		filepath.Join(ucd, "StandardizedVariants.txt"),
		filepath.Join(ucd, "emoji", "emoji-variation-sequences.txt"))
}

// eachLine calls do with the trimmed fields of every line that holds data.
func eachLine(path string, do func(fields []string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		fields := strings.Split(text, ";")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if err := do(fields); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	return lines.Err()
}

// span parses "0041" or "0041..005A".
func span(text string) (first, last rune, err error) {
	low, high, isRange := strings.Cut(text, "..")
	if !isRange {
		high = low
	}
	a, err := strconv.ParseUint(low, 16, 21)
	if err != nil {
		return 0, 0, err
	}
	b, err := strconv.ParseUint(high, 16, 21)
	return rune(a), rune(b), err
}

// codePoints parses code points in hexadecimal, parted by spaces.
func codePoints(text string) ([]rune, error) {
	var points []rune
	for _, field := range strings.Fields(text) {
		value, err := strconv.ParseUint(field, 16, 21)
		if err != nil {
			return nil, err
		}
		points = append(points, rune(value))
	}
	return points, nil
}
