package doctor

import (
	"strings"
	"testing"
)

// TestRemediesRevokeFromTheRoleAlone: no remedy takes anything from anybody but the role,
// and none makes a superuser less: the last one cannot be made again.
func TestRemediesRevokeFromTheRoleAlone(t *testing.T) {
	for _, c := range checks {
		statement := strings.ToLower(c.remedy)
		for _, word := range []string{"superuser", "public", "password", "nologin", "drop ", "reassign", "cascade"} {
			if strings.Contains(statement, word) && !strings.Contains(statement, "in schema public to {role}") {
				t.Errorf("%s: the remedy %q has %q", c.id, c.remedy, word)
			}
		}
		if statement != "" && !strings.Contains(statement, "{role}") {
			t.Errorf("%s: the remedy %q is not about the role", c.id, c.remedy)
		}
		if c.advice == "" && c.remedy == "" && c.severity != Advice {
			t.Errorf("%s: neither advice nor a remedy", c.id)
		}
	}
}
