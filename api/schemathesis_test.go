package api

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// schemathesis returns the program that scripts/setup.sh tests installs.
func schemathesis(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	program := filepath.Join(cache, "hotline", "schemathesis", "bin", "schemathesis")
	if _, missing := os.Stat(program); errors.Join(err, missing) != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip("schemathesis is not installed; scripts/setup.sh tests brings it")
	}
	return program
}

// Whatever the description allows is taken, whatever it forbids is refused, and all answers are those
// described. Asked are also a conversation, an entry and a flow that are there.
func TestSchemathesisFindsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	program := schemathesis(t)
	r := start(t, func(c *Config) {
		c.Limits = Limits{Visitor: Rate{1e6, 1e6}, Address: Rate{1e6, 1e6}, Key: Rate{1e6, 1e6}, PerAddress: 1e6, PerVisitor: 1e6}
	})
	key := r.key(ScopeAdmin)
	s := r.begin(key)
	for range 3 {
		r.say(s, "办居住证要什么材料")
	}
	r.want(201, "POST", Base+"/flows", key, object{"id": "main", "body": "start: a"})
	config, err := filepath.Abs("testdata/schemathesis.toml")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "--config-file", config, "run", r.url+Base+"/openapi.json",
		"--header", "Authorization: Bearer "+key, "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "20",
		"--seed", "1", "--no-color")
	run.Dir = t.TempDir()
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
