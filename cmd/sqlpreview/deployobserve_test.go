package main

import (
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// scraped has the metrics of a running sidecar: a name's labels, and the values that
// each label was seen to have.
type scraped map[string]map[string]map[string]bool

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$`)
	labelPair  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)
)

// scrape asks a sidecar that has seen every kind of request for its metrics.
func scrape(t *testing.T) scraped {
	t.Helper()
	dir := t.TempDir()
	authority, authorityKey := certificate(t, nil, nil, "ca", x509.ExtKeyUsageAny)
	leaf, leafKey := certificate(t, authority, authorityKey, "sidecar.example", x509.ExtKeyUsageServerAuth)
	for name, content := range map[string]string{"tls.crt": pemOf(t, leaf, nil), "tls.key": pemOf(t, nil, leafKey)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := serveForTest(t, map[string]string{
		"OP_PREVIEW_DSN":        pgtest.Shared(t).Database(t, "create table orders as select generate_series(1, 10) as id, repeat('x', 2000) as note"),
		"OP_PREVIEW_EGRESS_DIR": dir + "/egress", "OP_PREVIEW_ADMIN_LISTEN": "unix:" + dir + "/a",
	})
	// Another has certificates.
	serveForTest(t, map[string]string{
		"OP_PREVIEW_DSN": "host=/nowhere user=u dbname=d", "OP_PREVIEW_ADMIN_LISTEN": "unix:" + dir + "/b",
		"OP_PREVIEW_TLS_CERT_FILE": dir + "/tls.crt", "OP_PREVIEW_TLS_KEY_FILE": dir + "/tls.key",
	})
	ask := caller(t, "unix:"+s.dir+"/s", "")
	if _, err := ask.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "select * from orders"}); err != nil {
		t.Fatal(err)
	}
	if _, err := ask.PreviewQuery(t.Context(), &previewv1.PreviewQueryRequest{Sql: "delete from orders"}); err == nil {
		t.Fatal("a DELETE was taken")
	}
	found := scraped{}
	for line := range strings.Lines(get(t, dir+"/a", "/metrics") + get(t, dir+"/b", "/metrics")) {
		match := sampleLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			continue
		}
		if found[match[1]] == nil {
			found[match[1]] = map[string]map[string]bool{}
		}
		for _, pair := range labelPair.FindAllStringSubmatch(match[2], -1) {
			if found[match[1]][pair[1]] == nil {
				found[match[1]][pair[1]] = map[string]bool{}
			}
			found[match[1]][pair[1]][pair[2]] = true
		}
	}
	return found
}

var (
	promSelector = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?`)
	promGrouping = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	promMatcher  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"`)
	promRange    = regexp.MustCompile(`\[[^\]]*\]|\boffset\s+\w+`)
	promWords    = []string{"and", "or", "unless", "offset", "bool"}
)

// targetLabels are Prometheus's own.
var targetLabels = []string{"job", "instance", "le"}

// usesOf lists the metrics that a query names, each with its matchers, and the labels
// it groups by.
func usesOf(expr string) (metrics map[string][][]string, grouped []string) {
	for _, match := range promGrouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(match[2], ",") {
			grouped = append(grouped, strings.TrimSpace(label))
		}
	}
	expr = promRange.ReplaceAllString(promGrouping.ReplaceAllString(expr, " "), " ")
	metrics = map[string][][]string{}
	for _, at := range promSelector.FindAllStringSubmatchIndex(expr, -1) {
		name := expr[at[2]:at[3]]
		rest := strings.TrimLeft(expr[at[1]:], " \n")
		if slices.Contains(promWords, name) || strings.HasPrefix(rest, "(") || at[2] > 0 && strings.ContainsAny(expr[at[2]-1:at[2]], "0123456789.") {
			continue
		}
		if _, ok := metrics[name]; !ok {
			metrics[name] = nil
		}
		if at[4] >= 0 {
			metrics[name] = append(metrics[name], promMatcher.FindAllStringSubmatch(expr[at[4]:at[5]], -1)...)
		}
	}
	return metrics, grouped
}

// mistakesOf says what a query gets wrong about the metrics there are.
func (s scraped) mistakesOf(expr string) (mistakes []string) {
	metrics, grouped := usesOf(expr)
	if len(metrics) == 0 {
		return []string{"it names no metric"}
	}
	labels := slices.Clone(targetLabels)
	for name, matchers := range metrics {
		known, ok := s[name]
		if !ok {
			mistakes = append(mistakes, "there is no metric "+name)
			continue
		}
		for label := range known {
			labels = append(labels, label)
		}
		for _, matcher := range matchers {
			label, kind, value := matcher[1], matcher[2], matcher[3]
			if slices.Contains(targetLabels, label) || kind[0] == '!' {
				continue
			}
			pattern, err := regexp.Compile("^(?:" + value + ")$")
			if kind == "=" {
				pattern, err = regexp.MustCompile("^"+regexp.QuoteMeta(value)+"$"), nil
			}
			if err != nil {
				mistakes = append(mistakes, err.Error())
				continue
			}
			// Each alternative by itself: one with a mistake would match nothing, unseen.
			for alternative := range strings.SplitSeq(value, "|") {
				if kind == "=~" && !strings.ContainsAny(value, "()") {
					pattern = regexp.MustCompile("^(?:" + alternative + ")$")
				}
				if !slices.ContainsFunc(keysOf(known[label]), pattern.MatchString) {
					mistakes = append(mistakes, "no series of "+name+" has "+label+"=~"+pattern.String())
				}
			}
		}
	}
	for _, label := range grouped {
		if label != "" && !slices.Contains(labels, label) {
			mistakes = append(mistakes, "no metric of it has the label "+label)
		}
	}
	return mistakes
}

func keysOf(set map[string]bool) (keys []string) {
	for key := range set {
		keys = append(keys, key)
	}
	return keys
}

// alertRules reads the names and the expressions of alerts.yaml; promtool, which reads
// it as YAML, is asked by deploy/verify.
func alertRules(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile("deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, name, inExpr := map[string]string{}, "", false
	for line := range strings.Lines(string(content)) {
		text := strings.TrimSpace(line)
		switch after, isAlert := strings.CutPrefix(text, "- alert: "); {
		case isAlert:
			name, inExpr = after, false
		case strings.HasPrefix(text, "expr: "):
			rules[name] = strings.TrimPrefix(strings.TrimPrefix(text, "expr: "), ">-")
			inExpr = true
		case inExpr && strings.HasPrefix(line, "          "):
			rules[name] += " " + text
		default:
			inExpr = false
		}
	}
	return rules
}

// TestDashboardAndAlertsNameMetricsThatAre: a panel or an alert about a metric or a
// label that no sidecar has would stay empty, and nobody would be told.
func TestDashboardAndAlertsNameMetricsThatAre(t *testing.T) {
	found := scrape(t)
	rules := alertRules(t)
	if len(rules) < 10 {
		t.Errorf("alerts.yaml has %d alerts", len(rules))
	}
	for name, expr := range rules {
		for _, mistake := range found.mistakesOf(expr) {
			t.Errorf("the alert %s: %s", name, mistake)
		}
	}
	var dashboard struct {
		Panels []struct {
			ID                       int
			Type, Title, Description string
			GridPos                  struct{ X, Y, W, H int }
			Datasource               struct{ UID string }
			Targets                  []struct{ RefID, Expr string }
		}
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
	}
	content, err := os.ReadFile("deploy/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	ids, taken, queries := map[int]bool{}, map[[2]int]string{}, 0
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] {
			t.Errorf("the panel %q has an id that another has", panel.Title)
		}
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("the panels %q and %q overlap, or one is off the page", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type == "row" {
			continue
		}
		if panel.Title == "" || panel.Description == "" || panel.Datasource.UID != "${datasource}" || len(panel.Targets) == 0 {
			t.Errorf("the panel %d %q lacks a title, a description, the chosen data source or a query", panel.ID, panel.Title)
		}
		for _, target := range panel.Targets {
			queries++
			for _, mistake := range found.mistakesOf(target.Expr) {
				t.Errorf("the panel %q: %s", panel.Title, mistake)
			}
		}
	}
	for _, variable := range dashboard.Templating.List {
		if metric, isQuery := strings.CutPrefix(variable.Definition, "label_values("); isQuery {
			metric, _, _ = strings.Cut(metric, ",")
			metric, _, _ = strings.Cut(metric, "{")
			if found[metric] == nil {
				t.Errorf("the variable %q: there is no metric %s", variable.Name, metric)
			}
		}
	}
	if queries < 15 {
		t.Errorf("the dashboard has %d queries", queries)
	}
}

// TestMistakesInQueriesAreFound: what looks for mistakes finds them.
func TestMistakesInQueriesAreFound(t *testing.T) {
	found := scraped{"a_total": {"reason": {"X": true, "Y": true}}, "b": {}}
	for expr, mistake := range map[string]string{
		`sum by (job) (rate(a_total{reason="X"}[5m])) / on (job) b > 0.5 and b offset 5m`: "",
		`histogram_quantile(0.95, sum by (reason) (a_total{job=~"$job", reason=~"X|Y"}))`: "",
		`c_total > 0`:                    "no metric c_total",
		`a_total{reason="Z"}`:            "no series of a_total",
		`a_total{reason=~"X|Z"}`:         "no series of a_total",
		`sum by (cause) (a_total)`:       "label cause",
		`rate(a_total{cause="X"}[5m])`:   "no series of a_total",
		`1 + 2`:                          "names no metric",
		`b unless sum(c{job="x"}) > 1e3`: "no metric c",
	} {
		got := strings.Join(found.mistakesOf(expr), "; ")
		if (got == "") != (mistake == "") || !strings.Contains(got, mistake) {
			t.Errorf("%s: got %q, want %q", expr, got, mistake)
		}
	}
}

// TestRunbookHasEveryAlertAndReason: each has a section, and no section is of what
// there is not; each alert points to its own and has a test.
func TestRunbookHasEveryAlertAndReason(t *testing.T) {
	runbook, err := os.ReadFile("RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	alerts, reasons, found := strings.Cut(string(runbook), "\n## Reasons\n")
	if !found {
		t.Fatal("the runbook has no section of reasons")
	}
	sections := func(text string) (names []string) {
		parts := strings.Split(text, "\n### ")
		for _, part := range parts[1:] {
			name, body, _ := strings.Cut(part, "\n")
			if len(strings.TrimSpace(body)) < 30 {
				t.Errorf("the runbook says next to nothing of %s", name)
			}
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	var want []string
	for _, r := range reason.All() {
		want = append(want, string(r))
	}
	slices.Sort(want)
	if got := sections(reasons); !slices.Equal(got, want) {
		t.Errorf("the runbook has the reasons %v, want %v", got, want)
	}
	want = nil
	content, _ := os.ReadFile("deploy/alerts.yaml")
	tests, err := os.ReadFile("deploy/alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name := range alertRules(t) {
		want = append(want, name)
		if !strings.Contains(string(content), "RUNBOOK.md#"+strings.ToLower(name)+"\n") {
			t.Errorf("the alert %s does not point to its section", name)
		}
		if !regexp.MustCompile(`alertname: ` + name + "\n +exp_alerts:").Match(tests) {
			t.Errorf("no test of alerts_test.yaml has the alert %s fire", name)
		}
	}
	slices.Sort(want)
	if got := sections(alerts); !slices.Equal(got, want) {
		t.Errorf("the runbook has the alerts %v, want %v", got, want)
	}
}

// TestPromtoolTakesTheAlerts has Prometheus's own tool read and try the rules. In CI,
// where the setup installs it, it may not be missing.
func TestPromtoolTakesTheAlerts(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" {
			t.Fatal("promtool is missing; .ci/setup installs it")
		}
		t.Skip("promtool is not installed; install prometheus to have the alerts tried")
	}
	for _, arguments := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		command := exec.CommandContext(t.Context(), promtool, arguments...)
		command.Dir = "deploy"
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v: %s", arguments, err, out)
		}
	}
}

// TestEgressFailuresAreCounted: a request that is withheld for want of a record is in
// the metrics, and the sidecar is not ready.
func TestEgressFailuresAreCounted(t *testing.T) {
	dir := t.TempDir()
	s := serveForTest(t, map[string]string{
		"OP_PREVIEW_DSN":        pgtest.Shared(t).Database(t, "create table orders as select 1 as id"),
		"OP_PREVIEW_EGRESS_DIR": dir + "/egress", "OP_PREVIEW_ADMIN_LISTEN": "unix:" + dir + "/a",
	})
	ask := caller(t, "unix:"+s.dir+"/s", "")
	request := &previewv1.PreviewQueryRequest{Sql: "select * from orders"}
	if _, err := ask.PreviewQuery(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	before := get(t, dir+"/a", "/metrics")
	for _, want := range []string{"\nsqlpreview_ready 1\n", "\nsqlpreview_egress_failures_total 0\n"} {
		if !strings.Contains(before, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	file := dir + "/egress/egress-00000000000000000001.jsonl"
	if err := os.Truncate(file, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := ask.PreviewQuery(t.Context(), request); err == nil {
		t.Fatal("a request without a record was answered")
	}
	after := get(t, dir+"/a", "/metrics")
	for _, want := range []string{"\nsqlpreview_ready 0\n", "\nsqlpreview_egress_failures_total 1\n"} {
		if !strings.Contains(after, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
}
