package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// nodeModules begins the folder of every package of a lock file.
const nodeModules = "node_modules/"

// pkg is one package of the lock file.
type pkg struct {
	// dir is where it is installed, for instance "node_modules/@codemirror/view".
	dir           string
	name, version string
	// sha512 is the hash of its archive.
	sha512 []byte
	// dev: it is for development alone, and in no bundle.
	dev bool
}

// readLock reads a package-lock.json of version 2 or 3
// (https://docs.npmjs.com/cli/configuring-npm/package-lock-json). A lock file that
// names an address is refused: whoever builds decides where packages come from, and
// the hashes decide what they are.
func readLock(file string) ([]pkg, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lock struct {
		LockfileVersion int
		Packages        map[string]struct {
			Name, Version, Resolved, Integrity string
			Dev, Link                          bool
		}
	}
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if lock.LockfileVersion != 2 && lock.LockfileVersion != 3 {
		return nil, fmt.Errorf("%s: its lockfileVersion is not 2 or 3", file)
	}
	var packages []pkg
	for dir, entry := range lock.Packages {
		if dir == "" { // the page itself
			continue
		}
		p := pkg{dir: dir, name: entry.Name, version: entry.Version, dev: entry.Dev}
		if i := strings.LastIndex(dir, nodeModules); p.name == "" && i >= 0 {
			p.name = dir[i+len(nodeModules):]
		}
		switch {
		case !filepath.IsLocal(dir) || path.Clean(dir) != dir || !strings.HasPrefix(dir, nodeModules):
			err = errors.New("its folder is not one below node_modules")
		case entry.Link || p.version == "":
			err = errors.New("it is no package of a registry")
		case entry.Resolved != "":
			err = errors.New("it names an address; set omit-lockfile-registry-resolved=true for npm and lock again")
		default:
			p.sha512, err = parseIntegrity(entry.Integrity)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, dir, err)
		}
		packages = append(packages, p)
	}
	slices.SortFunc(packages, func(a, b pkg) int { return strings.Compare(a.dir, b.dir) })
	return packages, nil
}

// parseIntegrity returns the SHA-512 of a subresource integrity text
// (https://www.w3.org/TR/sri-2/#integrity-metadata-description).
func parseIntegrity(text string) ([]byte, error) {
	for _, hash := range strings.Fields(text) {
		if encoded, ok := strings.CutPrefix(hash, "sha512-"); ok {
			sum, err := base64.StdEncoding.DecodeString(encoded)
			if err == nil && len(sum) == 64 {
				return sum, nil
			}
		}
	}
	return nil, errors.New("it has no sha512 integrity hash")
}

// archive is the path of the package's archive below a registry.
func (p pkg) archive() string {
	return p.name + "/-/" + path.Base(p.name) + "-" + p.version + ".tgz"
}
