package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/packs"
)

// knowledge copies the demo city into a folder.
func knowledge(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"kb.yaml", "categories.yaml", "departments.yaml", "graph.yaml"} {
		data, err := packs.Files.ReadFile("yunzhou/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKnowledgeCommands(t *testing.T) {
	t.Parallel()
	checkCommands(t, []commandLine{
		{"kb check", 0, "153 条，148 条现行", ""},
		{"kb check --day=2027-01-01", 0, "kb.talent.sub valid_to 已于 2026-12-31 到期", ""},
		{"kb check --day=soon", 2, "", "不是日期"},
		{"kb show kb.yb.fee26", 0, "到2026年8月31日已经到期", ""},
		{"kb show kb.nothing", 1, "", "没有条目"},
		{"kb ask 办居住证要带什么", 0, "要带身份证、近期照片", ""},
		{"kb ask 今天天气多久", 1, "", "图谱答不了"},
		{"kb import main.go", 2, "", "--dry-run"},
		{"kb import --dry-run main.go", 1, "", "只支持 .yaml .csv .xlsx"},
		{"kb export x.pdf", 1, "", "只支持"},
	})
}

func TestKnowledgeGoesOutToATableAndComesBackChanged(t *testing.T) {
	t.Parallel()
	dir := knowledge(t)
	before, err := os.ReadFile(filepath.Join(dir, "kb.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(t.TempDir(), "a.csv")
	if status, _, stderr := command(t, "kb", "--dir", dir, "export", "--category", "police.residence", table); status != 0 {
		t.Fatal(stderr)
	}
	data, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), "换住址应在7日内申报变更。", "换住址应在10日内申报变更。", 1) + ",gov.nowhere,x,,x,x,,,,,,,,,,,,\n"
	if err := os.WriteFile(table, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--dry-run", "--json"} {
		status, stdout, stderr := command(t, "kb", "--dir", dir, "import", flag, table)
		if status != 2 || !strings.Contains(stdout, "没有变化") || !strings.Contains(stdout, "没有这个叶子类别") || !strings.Contains(stderr, "1 行被拒绝") {
			t.Errorf("status %d\n%s\n%s", status, stdout, stderr)
		}
		after, err := os.ReadFile(filepath.Join(dir, "kb.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if written := string(after) != string(before); written != (flag == "--json") {
			t.Errorf("%s: file written: %v", flag, written)
		}
	}
	if status, stdout, _ := command(t, "kb", "--dir", dir, "show", "kb.jzz.renew"); status != 0 || !strings.Contains(stdout, "version: 2") || !strings.Contains(stdout, "10日内") {
		t.Error(stdout)
	}
	status, stdout, stderr := command(t, "kb", "--dir", dir, "check")
	for _, want := range []string{"residence.renew takes 依据 kb.jzz.renew 里没有“7日”", "语音说 7日，网页是 10日"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("status %d, want %q in\n%s\n%s", status, want, stdout, stderr)
		}
	}
}
