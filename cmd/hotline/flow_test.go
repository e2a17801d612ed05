package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sampleFlows = "../../dialog/flow/testdata/town"

// changedFlows copies the sample flows with a part of a file replaced.
func changedFlows(t *testing.T, name, before, after string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(sampleFlows)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), before) {
		t.Fatalf("%s holds no %q", name, before)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), before, after, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFlowCommands(t *testing.T) {
	t.Parallel()
	broken := changedFlows(t, "flows/main.yaml", "flow: complain", "flow: complaint")
	lonely := changedFlows(t, "flows/main.yaml", "next: explain", "next: person")
	expired := changedFlows(t, "flows/main.yaml", "kind: answer", "kind: answer\n    entry: kb.yb.fee26")
	moved := changedFlows(t, "flows/main.yaml", "what: {x: 0, y: 0}", "what: {x: 9, y: 0}")
	known := " --kb=" + knowledge(t)
	checkCommands(t, []commandLine{
		{"flow check " + sampleFlows, 0, "3 个流程，0 处错误，0 处提醒", ""},
		{"flow check --connector=orders " + sampleFlows, 0, "0 处错误", ""},
		{"flow check --connector=crm " + sampleFlows, 1, "flows/progress.yaml:26: 节点 query：没有接入外部系统“orders”", "改好后才能发布"},
		{"flow check " + broken, 1, "flows/main.yaml:9: 节点 complain：没有流程“complaint”，是不是“complain”？", "1 处错误"},
		{"flow check " + lonely, 1, "flows/main.yaml:12: 节点 explain：没有路走到", "1 处错误"},
		{"flow check " + expired, 0, "0 处错误", ""},
		{"flow check --day=2026-11-24" + known + " " + expired, 1, "kb.yb.fee26”今天不能用", ""},
		{"flow check --day=2026-01-10" + known + " " + expired, 0, "0 处错误", ""},
		{"flow check --day=soon " + sampleFlows, 2, "", "--day"},
		{"flow check nowhere", 2, "", "nowhere"},
		{"flow diff " + sampleFlows + " " + sampleFlows, 0, "0 处改动", ""},
		{"flow diff " + sampleFlows + " " + lonely, 0, "~ main which next explain → person", ""},
		{"flow diff " + sampleFlows + " " + moved, 0, "1 处改动，其中 1 处仅布局", ""},
		{"flow diff " + sampleFlows + " " + broken, 1, "", "无法比较"},
		{"flow format " + broken, 1, "", "未整理"},
		{"flow schema", 0, "https://json-schema.org/draft/2020-12/schema", ""},
	})
}

func TestFlowProblemsAndChangesAreThereAsJSON(t *testing.T) {
	broken := changedFlows(t, "flows/main.yaml", "flow: complain", "flow: complaint")
	status, stdout, _ := command(t, "flow", "check", "--json", broken)
	var report struct {
		Errors   int
		Problems []struct {
			File, Flow, Node, Field string
			Line                    int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != 1 || report.Errors != 1 || len(report.Problems) != 1 {
		t.Fatal(status, err, stdout)
	}
	if p := report.Problems[0]; p.File != "flows/main.yaml" || p.Line != 9 || p.Flow != "main" || p.Node != "complain" || p.Field != "flow" {
		t.Errorf("%+v", p)
	}
	renamed := changedFlows(t, "flows/main.yaml", "title: 接听", "title: 总机")
	status, stdout, _ = command(t, "flow", "diff", "--json", sampleFlows, renamed)
	if want := `[{"flow":"main","field":"title","what":"changed","from":"接听","to":"总机"}]`; status != 0 || strings.TrimSpace(stdout) != want {
		t.Error(status, stdout)
	}
}

func TestFormattingFlowsTwiceChangesNothing(t *testing.T) {
	dir := changedFlows(t, "flows/main.yaml", "id: main\ntitle: 接听\nstart: what\n", "title: 接听 # of all calls\nstart: what\nid: main\n")
	status, stdout, stderr := command(t, "flow", "format", dir)
	if status != 0 || !strings.Contains(stdout, filepath.Join("flows", "main.yaml")) {
		t.Fatal(status, stdout, stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "flows", "main.yaml"))
	if err != nil || !strings.HasPrefix(string(data), "id: main\nnodes:\n") || !strings.Contains(string(data), "# of all calls") {
		t.Error(err, string(data))
	}
	if status, stdout, _ := command(t, "flow", "format", dir); status != 0 || !strings.Contains(stdout, "整理了 0 个文件") {
		t.Error(status, stdout)
	}
	if status, stdout, _ := command(t, "flow", "diff", sampleFlows, dir); status != 0 || !strings.Contains(stdout, "0 处改动") {
		t.Error(status, stdout)
	}
}
