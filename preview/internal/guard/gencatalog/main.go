// Command gencatalog writes catalog.txt, the functions of PostgreSQL's own
// schemas, from what functions.sql says on running servers. In this folder:
//
//	for dsn in ...; do psql -XAt -f functions.sql "$dsn"; done | go run . > ../catalog.txt
//
// Give one fresh cluster of every supported major version (14 to 18 now), each of
// the newest minor release that can be had: minor releases add functions too. To
// refresh for a new major version, add its server; a function that is gone from a
// newer version stays listed as long as an older one has it. What is new and
// volatile is refused until functions.txt says otherwise.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// entry is what one or more servers say about the functions of one name: the
// worst of it.
type entry struct {
	volatility  int // an index into volatilities
	oneArgument bool
	onRow       bool
}

const volatilities = "isv"

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gencatalog:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	all := make(map[string]entry)
	var versions []string
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "|")
		if version, ok := strings.CutPrefix(fields[0], "version "); ok {
			versions = append(versions, version)
			continue
		}
		if err := add(all, fields); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if len(versions) == 0 || len(all) == 0 {
		return errors.New("no functions on standard input; see the command's comment")
	}
	slices.Sort(versions)
	return write(out, all, versions)
}

func add(all map[string]entry, fields []string) error {
	if len(fields) != 4 {
		return fmt.Errorf("%q is no line of functions.sql", strings.Join(fields, "|"))
	}
	volatility := strings.Index(volatilities, fields[1])
	if volatility < 0 {
		return fmt.Errorf("%s: unknown volatility %q", fields[0], fields[1])
	}
	old := all[fields[0]]
	all[fields[0]] = entry{
		volatility:  max(old.volatility, volatility),
		oneArgument: old.oneArgument || fields[2] == "t",
		onRow:       old.onRow || fields[3] == "t",
	}
	return nil
}

func write(out io.Writer, all map[string]entry, versions []string) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "# Written by gencatalog from PostgreSQL %s. Do not edit.\n", strings.Join(versions, ", "))
	fmt.Fprintln(w, "# name, i(mmutable) s(table) v(olatile) by its worst overload, 1 if one argument")
	fmt.Fprintln(w, "# is enough, r if that can be any row.")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e := all[name]
		flags := volatilities[e.volatility : e.volatility+1]
		if e.oneArgument {
			flags += "1"
		}
		if e.onRow {
			flags += "r"
		}
		fmt.Fprintln(w, name, flags)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
