package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestDeployNamesSettingsThatAre: a setting with a wrong name would have no effect,
// and an environment variable that is not read is no fault.
func TestDeployNamesSettingsThatAre(t *testing.T) {
	known := (&config{}).settings()
	names := regexp.MustCompile(envPrefix + `[A-Z_]+`)
	for file, atLeast := range map[string]int{
		"deploy/sqlpreview.service": 3, "deploy/kubernetes.yaml": 4, "../../Dockerfile": 2,
	} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := names.FindAllString(string(content), -1)
		if len(found) < atLeast {
			t.Errorf("%s names %d settings", file, len(found))
		}
		for _, name := range found {
			if known[strings.ToLower(strings.TrimPrefix(name, envPrefix))] == nil {
				t.Errorf("%s: there is no setting %s", file, name)
			}
		}
	}
}

// TestSystemdTakesTheUnit asks systemd itself. What it has to say of the
// machine's own units is not ours.
func TestSystemdTakesTheUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" {
			t.Fatal("systemd-analyze is missing; .ci/setup installs it")
		}
		t.Skip("systemd-analyze is not installed; install systemd to have the unit checked")
	}
	content, err := os.ReadFile("deploy/sqlpreview.service")
	if err != nil {
		t.Fatal(err)
	}
	// The program need not be installed here.
	text := strings.Replace(string(content), "ExecStart=/usr/local/bin/sqlpreview", "ExecStart=/bin/true", 1)
	said := func(text string) (lines []string) {
		unit := filepath.Join(t.TempDir(), "sqlpreview.service")
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "sqlpreview.service") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	if lines := said(text); len(lines) > 0 {
		t.Errorf("systemd says %q", lines)
	}
	if lines := said(strings.Replace(text, "ProtectHome=", "ProtectHouse=", 1)); len(lines) == 0 {
		t.Error("systemd does not say that a key is unknown, so its silence means nothing")
	}
}

// TestUnitsInstructionsCanBePasted runs what the unit says to run, as far as it only
// places files, under another root, and holds the order to what needs what.
func TestUnitsInstructionsCanBePasted(t *testing.T) {
	content, err := os.ReadFile("deploy/sqlpreview.service")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, name := range []string{"sqlpreview", "sqlpreview.service", "dsn"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var order []string
	for line := range strings.Lines(string(content)) {
		command, ok := strings.CutPrefix(line, "#   ")
		if !ok {
			continue
		}
		fields := strings.Fields(command)
		order = append(order, fields[0])
		if fields[0] != "install" {
			continue
		}
		target := fields[len(fields)-1]
		fields[len(fields)-1] = root + target
		install := exec.Command(fields[0], fields[1:]...)
		install.Dir = root
		if out, err := install.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", command, err, out)
		}
	}
	if got := strings.Join(order, " "); got != "useradd install install install systemctl systemctl usermod" {
		t.Errorf("the order is %s", got)
	}
	for path, mode := range map[string]os.FileMode{
		"/usr/local/bin/sqlpreview": 0o755, "/etc/sqlpreview/dsn": 0o600, "/etc/systemd/system/sqlpreview.service": 0o644,
	} {
		if info, err := os.Stat(root + path); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
}
