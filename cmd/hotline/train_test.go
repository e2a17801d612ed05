package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/packs"
)

// smallPack writes a pack of two matters.
func smallPack(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"kb.yaml": "version: 1\nentries:\n" +
			"- {id: kb.card, category: labor.card, question: 社保卡丢了怎么补办, similar: [补社保卡要什么材料], answer_text: 带身份证到窗口补办。, answer_voice: 带身份证到窗口补办。}\n" +
			"- {id: kb.fund, category: housing.fund, question: 租房怎么提取公积金, similar: [公积金可以付房租吗], answer_text: 在网上申请提取。, answer_voice: 在网上申请提取。}\n",
		"categories.yaml": "version: 1\ncategories:\n- id: all\n  name: 全部\n  groups:\n  - id: all/all\n    name: 全部\n    leaves:\n" +
			"    - {id: labor.card, name: 社保卡, department: d, due_workdays: 5, urgency: normal, dispatch: department, required_fields: []}\n" +
			"    - {id: housing.fund, name: 公积金, department: d, due_workdays: 5, urgency: normal, dispatch: department, required_fields: []}\n",
		"departments.yaml": "version: 1\ndepartments:\n- {id: d, name: 局, parent: null, kind: bureau, owns: [], categories: []}\n",
		"subjects.tsv":     "category\twords\nlabor.card\t社保卡 补卡\n",
		"utterances.tsv": "text\tchannel\tact\tcategory\tkb\tslots\n" +
			"我社保卡不见了咋补\tvoice\task\tlabor.card\tkb.card\t{}\n社保卡掉了重新办要带啥\ttext\task\tlabor.card\tkb.card\t{}\n" +
			"公积金怎么取\tvoice\task\thousing.fund\tkb.fund\t{}\n想拿公积金交房租\ttext\task\thousing.fund\tkb.fund\t{}\n" +
			"转人工\tvoice\tagent\t-\t-\t{}\n给我找个真人\tvoice\tagent\t-\t-\t{}\n" +
			"我家着火了\tvoice\temergency\t-\t-\t{}\n有人晕倒了\tvoice\temergency\t-\t-\t{}\n" +
			"给我讲个笑话\tvoice\tout_of_scope\t-\t-\t{}\n今天股票涨了吗\ttext\tout_of_scope\t-\t-\t{}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTrainWritesAModelThatEvalFAQJudges(t *testing.T) {
	dir := smallPack(t)
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"train", "--pack", dir}, &out, &errs); code != 0 {
		t.Fatalf("train: %d %s", code, errs.String())
	}
	if _, err := os.Stat(filepath.Join(dir, pack.ModelFile)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "utterances.tsv")
	for _, args := range [][]string{{}, {"--noise", "pinyin"}, {"--folds", "2"}} {
		out.Reset()
		if code := run(t.Context(), append([]string{"eval", "faq", "--pack", dir, "--file", file}, args...), &out, &errs); code != 0 {
			t.Fatalf("eval %v: %d %s", args, code, errs.String())
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		var totals nlu.Totals
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &totals); err != nil {
			t.Fatal(err)
		}
		if len(lines) != 11 || totals.Cases != 10 || totals.AgentRecall == 0 || totals.FAQTop1 == 0 {
			t.Errorf("eval %v: %d lines, %+v", args, len(lines), totals)
		}
	}
}

func TestTrainNamesTheLineThatIsWrong(t *testing.T) {
	dir := smallPack(t)
	file := filepath.Join(dir, "utterances.tsv")
	if err := os.WriteFile(file, []byte("text\tchannel\tact\tcategory\tkb\tslots\n转人工\tvoice\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"train", "--pack", dir}, &out, &errs); code != 2 || !strings.Contains(errs.String(), "utterances.tsv:2:") {
		t.Errorf("%d %s", code, errs.String())
	}
}

// TestTheShippedModelsWereTrainedOnTheShippedPacks fails when sentences, knowledge or words were changed
// and hotline train was not run.
func TestTheShippedModelsWereTrainedOnTheShippedPacks(t *testing.T) {
	t.Parallel()
	for _, name := range packs.Names() {
		from, err := readContent(os.DirFS("../../packs/"+name), name)
		if err != nil {
			t.Fatal(err)
		}
		shipped, err := packs.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m := shipped.Model.WithDocuments(from.documents)
		if m.Source() != from.training(from.utterances, 1).Sum() {
			t.Errorf("run hotline train --pack packs/%s and commit its %s", name, pack.ModelFile)
		}
		for text, want := range map[string]nlu.Act{
			"我家厨房着火了": nlu.ActEmergency, "给我转人工": nlu.ActAgent, "气得我想死 电费又涨了 你们管不管": nlu.ActComplain,
		} {
			if u := m.Understand(text); u.Act != want {
				t.Errorf("%s: %s: %s, want %s", name, text, u.Act, want)
			}
		}
	}
}
