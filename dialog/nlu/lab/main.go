package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
	"github.com/hotline-cc/hotline/kb"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}
func open[T any](p string, f func(io.Reader, string) (T, error)) T {
	r, err := os.Open(p)
	must(err)
	t, err := f(r, p)
	must(err)
	return t
}

func main() {
	folds := flag.Int("folds", 0, "")
	noises := flag.String("noise", ",pinyin,asr", "")
	verbose := flag.String("v", "", "act,cat,faq,emergency,agent,slots")
	file := flag.String("file", "packs/yunzhou/utterances.tsv", "")
	seed := flag.Uint64("seed", 1, "")
	flag.Parse()
	dir := "packs/yunzhou"
	b, _, ps := kb.LoadDir(os.DirFS(dir), ".")
	must(ps.Err())
	words := open(dir+"/subjects.tsv", nlu.ReadSubjects)
	docs, cats := nlu.Documents(b), nlu.Categories(b, words)
	list := open(*file, nlu.ReadUtterances)
	var more []nlu.Utterance
	files, _ := filepath.Glob(dir + "/train/*.tsv")
	for _, f := range files {
		more = append(more, open(f, nlu.ReadUtterances)...)
	}
	gz := open(dir+"/gazetteer.tsv", func(r io.Reader, f string) (*slot.Gazetteer, error) { return slot.ReadGazetteer(f, r) })
	orgs := open(dir+"/departments.yaml", func(r io.Reader, f string) (*slot.Organisations, error) { return slot.ReadOrganisations(f, r) })
	ctx := slot.Context{Places: gz, Orgs: orgs, Now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
	cases := map[string][]nlu.Case{}
	kinds := strings.Split(*noises, ",")
	judge := func(m *nlu.Model, list []nlu.Utterance) {
		for _, noise := range kinds {
			for _, u := range list {
				heard := nlu.Spoil(u.Text, nlu.Noise(noise), *seed)
				got := m.Understand(heard)
				c := ctx
				c.Act = string(got.Act)
				slots := map[string]string{}
				for _, f := range slot.Extract(heard, c) {
					slots[string(f.Kind)] = f.Value
				}
				cases[noise] = append(cases[noise], nlu.Judge(u, heard, got, slots))
			}
		}
	}
	start := time.Now()
	if *folds > 0 {
		fold := nlu.Folds(list, *folds, *seed)
		for f := range *folds {
			var learned, tested []nlu.Utterance
			for i, u := range list {
				if fold[i] == f {
					tested = append(tested, u)
				} else {
					learned = append(learned, u)
				}
			}
			m, _, err := nlu.Train(nlu.TrainConfig{Utterances: append(learned, nlu.WithoutTwins(more, tested)...), Documents: docs, Categories: cats, Seed: *seed})
			must(err)
			judge(m, tested)
		}
	} else {
		clean := nlu.WithoutTwins(more, list)
		m, r, err := nlu.Train(nlu.TrainConfig{Utterances: clean, Documents: docs, Categories: cats, Seed: *seed})
		must(err)
		j, _ := json.Marshal(r)
		fmt.Println("train", string(j), "twins dropped", len(more)-len(clean))
		judge(m, list)
	}
	for _, n := range kinds {
		t := nlu.Sum(cases[n])
		fmt.Printf("%-7s top1 %.3f top3 %.3f ans %.3f wrong %.3f false %.3f | act %.3f cat %.3f (acc %.3f) slot %.3f | em %.3f fa %.4f ag %.3f fa %.4f n %d\n", n, t.FAQTop1, t.FAQTop3, t.FAQAnswered, t.FAQWrong, t.FalseAnswerRate, t.ActF1, t.CategoryF1, t.CategoryRight, t.SlotExact, t.EmergencyRecall, t.EmergencyFalse, t.AgentRecall, t.AgentFalse, t.Cases)
	}
	fmt.Println(time.Since(start).Round(time.Second))
	conf := map[string]int{}
	for _, c := range cases[kinds[0]] {
		if !c.ActRight {
			conf[fmt.Sprint(c.Want.Act, "→", c.Got.Act)]++
		}
		show := func(what string, bad bool, got ...any) {
			if bad && strings.Contains(*verbose, what) {
				fmt.Println(what, c.Want.Act, c.Want.Category, c.Want.Entry, "|", c.Text, "|", fmt.Sprint(got...))
			}
		}
		show("act", !c.ActRight, c.Got.Act, fmt.Sprintf(" %.2f ", c.Got.ActConfidence), c.Got.Evidence[:min(5, len(c.Got.Evidence))])
		show("cat", c.Want.Category != "" && !c.CategoryRight && c.Want.Act != "emergency", c.Got.Act, " ", c.Got.Category, fmt.Sprintf(" %.2f", c.Got.CategoryConfidence))
		show("faq", c.FAQ == "top3" || c.FAQ == "missed" || c.FAQ == "false", c.FAQ, c.Got.Entries, c.Got.Answer)
		show("emergency", (c.Want.Act == "emergency") != (c.Got.Act == "emergency"), c.Got.Act, fmt.Sprintf(" %.2f", c.Got.ActConfidence), c.Got.Evidence)
		show("agent", (c.Want.Act == "agent") != (c.Got.Act == "agent"), c.Got.Act, fmt.Sprintf(" %.2f", c.Got.ActConfidence))
		show("slots", c.Want.Act != "ask" && !c.SlotsRight, c.Slots, c.Want.Slots)
	}
	var ks []string
	for k := range conf {
		ks = append(ks, k)
	}
	sort.Slice(ks, func(i, j int) bool { return conf[ks[i]] > conf[ks[j]] })
	for _, k := range ks {
		fmt.Print(k, " ", conf[k], "; ")
	}
	fmt.Println()
}
