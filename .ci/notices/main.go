// Command notices writes the licences of everything that the binaries link, and fails
// on a licence that nobody has said yes to, or on a module without one:
//
//	notices [-list] [-extra NAME=FILE] PACKAGE...
//
// It runs where the module of the packages is. Every platform and build tag that a
// release has is looked at, so one file is right for all archives.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// accepted are the licences that may be linked, by their SPDX identifiers: all ask for
// no more than that their text goes along. MPL-2.0 also asks that changes to its files
// be published; we change none.
var accepted = map[string]bool{
	"Apache-2.0": true, "BSD-2-Clause": true, "BSD-3-Clause": true, "ISC": true, "MIT": true, "MIT-0": true, "MPL-2.0": true,
	"PostgreSQL": true, "Unicode-DFS-2016": true, "Zlib": true, "CC0-1.0": true, "BSD-2-Clause-FreeBSD": true, "0BSD": true,
}

// without are modules without a licence, at the version that somebody has looked at,
// and what the notices say of them.
var without = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations v0.1.0": "Its repository has no licence. It holds one file of annotations for Protobuf that was generated, " +
		"comes from the authors of go.temporal.io/api (MIT), which needs it, and is linked by sqlpreview-worker alone.",
}

// tags are those of all secret managers.
const tags = "netgo,osusergo,with_vault,with_aws,with_gcp"

// platforms are those that a release is made for.
var platforms = [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "arm64"}}

// linked is a module with packages in a binary.
type linked struct {
	path, version, dir string
	packages           map[string]bool // their folders
}

func main() {
	list := flag.Bool("list", false, "print a line a module, with its licences as SPDX identifiers, and no texts")
	var extra []string
	flag.Func("extra", "NAME=FILE: the notices of something that is no module", func(text string) error {
		extra = append(extra, text)
		return nil
	})
	flag.Parse()
	if err := write(os.Stdout, *list, extra, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, list bool, extra, packages []string) error {
	modules, err := modulesOf(packages)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if !list {
		out.WriteString("What sqlpreview's binaries hold of others, and the terms it comes under.\n")
	}
	var faults []error
	for _, m := range modules {
		texts, err := m.texts()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		var names []string
		for _, text := range texts {
			if text.notice {
				continue
			}
			for _, name := range text.licences() {
				if !accepted[name] {
					faults = append(faults, fmt.Errorf("%s %s: %s has the licence %q, which nobody has said yes to", m.path, m.version, text.name, name))
				}
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		if why, known := without[m.path+" "+m.version]; known && len(names) == 0 {
			names = []string{"NOASSERTION"}
			texts = append(texts, text{name: "no licence", content: []byte(why)})
		}
		if len(names) == 0 {
			faults = append(faults, fmt.Errorf("%s %s: no licence that is known", m.path, m.version))
		}
		if list {
			fmt.Fprintf(&out, "%s %s %s\n", m.path, m.version, strings.Join(names, " AND "))
			continue
		}
		heading(&out, strings.TrimSpace(m.path+" "+m.version)+" ("+strings.Join(names, " AND ")+")")
		for _, text := range texts {
			fmt.Fprintf(&out, "\n---- %s\n\n%s\n", text.name, bytes.TrimSpace(text.content))
		}
	}
	for _, each := range extra {
		name, file, _ := strings.Cut(each, "=")
		content, err := os.ReadFile(file)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if list {
			fmt.Fprintf(&out, "%s - see %s\n", name, filepath.Base(file))
			continue
		}
		heading(&out, name)
		fmt.Fprintf(&out, "\n%s\n", bytes.TrimSpace(content))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

func heading(w io.Writer, text string) {
	line := strings.Repeat("=", 80)
	fmt.Fprintf(w, "\n%s\n%s\n%s\n", line, text, line)
}

// modulesOf lists the modules that the packages link on any platform, Go's own
// library first.
func modulesOf(packages []string) ([]linked, error) {
	found := map[string]linked{}
	for _, platform := range platforms {
		command := exec.Command("go", append([]string{"list", "-deps", "-tags", tags, "-json=ImportPath,Dir,Standard,Module"}, packages...)...)
		command.Env = append(os.Environ(), "GOOS="+platform[0], "GOARCH="+platform[1], "CGO_ENABLED=1")
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s/%s: %w", platform[0], platform[1], err)
		}
		decoder := json.NewDecoder(bytes.NewReader(out))
		for {
			var p struct {
				Dir      string
				Standard bool
				Module   *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Standard || p.Module == nil || p.Module.Main {
				continue
			}
			m, ok := found[p.Module.Path]
			if !ok {
				m = linked{p.Module.Path, p.Module.Version, p.Module.Dir, map[string]bool{}}
				found[m.path] = m
			}
			m.packages[p.Dir] = true
		}
	}
	root, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, err
	}
	about := strings.Fields(string(root))
	modules := []linked{{"Go's standard library", strings.TrimPrefix(about[1], "go"), about[0], map[string]bool{}}}
	var paths []string
	for path := range found {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		modules = append(modules, found[path])
	}
	return modules, nil
}

// text is a file with terms.
type text struct {
	name    string
	content []byte
	notice  bool // not a licence, but to go along with one
}

// texts reads the files with terms of a module: its root's, and those of folders that
// are linked, which may hold the code of others.
func (m linked) texts() ([]text, error) {
	folders := map[string]bool{m.dir: true}
	for dir := range m.packages {
		for ; dir != m.dir && strings.HasPrefix(dir, m.dir); dir = filepath.Dir(dir) {
			folders[dir] = true
		}
	}
	var dirs []string
	for dir := range folders {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	var texts []text
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			base, _, _ := strings.Cut(strings.ToUpper(entry.Name()), ".")
			base, _, _ = strings.Cut(base, "-")
			notice := base == "NOTICE" || base == "PATENTS"
			if entry.IsDir() || !notice && base != "LICENSE" && base != "LICENCE" && base != "COPYING" && base != "COPYRIGHT" || strings.HasSuffix(entry.Name(), ".go") {
				continue
			}
			content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			name, err := filepath.Rel(m.dir, filepath.Join(dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			texts = append(texts, text{name, content, notice})
		}
	}
	return texts, nil
}

// licences names what a text is, by SPDX identifiers.
func (t text) licences() (names []string) {
	for _, match := range licensecheck.Scan(t.content).Match {
		if !match.IsURL && !slices.Contains(names, match.ID) {
			names = append(names, match.ID)
		}
	}
	return names
}
