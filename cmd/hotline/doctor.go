package main

import (
	"fmt"
	"io"

	"github.com/hotline-cc/hotline"
)

// DoctorCmd looks at the machine and says what is missing and how to get it.
type DoctorCmd struct {
	Full    bool   `help:"Read every model to compare checksums, not only sizes."`
	SIPPort int    `help:"UDP and TCP port that 'serve' will listen on." default:"5060"`
	Models  string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`
	Data    string `help:"Folder of recordings and logs." default:"." type:"path"`
}

// verdict is how bad a finding is.
type verdict string

const (
	fine    verdict = "✓"
	warning verdict = "!"
	missing verdict = "✗"
)

// finding is one line of the report. Remedy is empty when all is well.
type finding struct {
	verdict verdict
	what    string
	remedy  string
}

// Run prints the report and fails when something needed is missing.
func (c *DoctorCmd) Run(env *Env) error {
	var findings []finding
	for _, check := range c.checks() {
		if err := env.Ctx.Err(); err != nil {
			return err
		}
		findings = append(findings, check(env.Ctx)...)
	}
	bad := 0
	for _, f := range findings {
		if f.verdict == missing {
			bad++
		}
		f.print(env.Stdout)
	}
	if bad > 0 {
		return hotline.Errorf("doctor", hotline.CodeUnavailable, "缺少 %[1]d 项必需条件 (%[1]d things are missing)", bad)
	}
	return nil
}

func (f finding) print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s %s\n", f.verdict, f.what)
	if f.remedy != "" {
		_, _ = fmt.Fprintf(w, "    → %s\n", f.remedy)
	}
}
