package kb_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/hotline-cc/hotline/kb"
)

const table = "编号,类别*,标准问题*,相似问题,网页答案*,语音答案*,生效日期,适用地区\n" +
	"kb.x.park,transport.parking,机场停车多少钱,\"机场停一天多少钱\n机场停车费\",每小时5元。,每小时五块。,2026/1/1,\n" +
	",transport.parking,高铁站停车多少钱,,每小时6元。,每小时六块。,2026年3月1日,北原区|高新区\n"

func TestTablesAreReadInEveryEncoding(t *testing.T) {
	want, problems := kb.ReadCSV("t.csv", strings.NewReader(table))
	if problems != nil || len(want) != 2 {
		t.Fatal(problems, want)
	}
	if diff := cmp.Diff([]string{"机场停一天多少钱", "机场停车费"}, want[0].Entry.Similar); diff != "" {
		t.Error(diff)
	}
	if e := want[1].Entry; e.ValidFrom != "2026-03-01" || len(e.Regions) != 2 || want[1].Line != 4 {
		t.Errorf("got %+v in line %d", e, want[1].Line)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	little := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(table)) {
		little = append(little, byte(u), byte(u>>8))
	}
	for name, data := range map[string]string{
		"UTF-8 with byte order mark": "\ufeff" + table, "GB18030": gb, "UTF-16": string(little),
		"lines of Windows":   strings.ReplaceAll(table, "\n", "\r\n"),
		"parted by tabs":     strings.ReplaceAll(table, ",", "\t"),
		"empty lines before": "\n\n" + table,
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := kb.ReadCSV("t.csv", strings.NewReader(data))
			if len(got) != len(want) {
				t.Fatal(problems, got)
			}
			for i := range want {
				if diff := cmp.Diff(want[i].Entry, got[i].Entry); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestBrokenTablesAreRefused(t *testing.T) {
	for name, tt := range map[string]struct{ data, want string }{
		"no rows":           {"", "表是空的"},
		"unknown column":    {"编号,颜色\n", "t.csv:1: error: 颜色 不认识的列"},
		"column twice":      {"编号,问题,标准问\n", "列重复"},
		"nothing to find":   {"标签,状态\n", "至少要有"},
		"open quotes":       {"编号,问题\na,\"b\n", "引号不成对"},
		"unknown encoding":  {"编号\n\xff\xff\x80", "编码既不是"},
		"no date":           {"编号,生效日期\na,明天\n", "t.csv:2: error: a 生效日期 \"明天\" 不是日期"},
		"no such status":    {"编号,状态\na,也许\n", "可选 one of: 草稿 draft, 发布 published, 撤下 withdrawn"},
		"cell of no column": {"编号,状态\na,草稿,x\n", "第 3 列没有列名"},
		"no version":        {"编号,版本\na,零\n", "不是正整数"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, problems := kb.ReadCSV("t.csv", strings.NewReader(tt.data)); !strings.Contains(problems.Errors().Error(), tt.want) {
				t.Errorf("got %v, want %q", problems, tt.want)
			}
		})
	}
	if _, problems := kb.ReadXLSX("t.xlsx", strings.NewReader("PK no zip")); problems.Err() == nil {
		t.Error("a file that is no workbook was read")
	}
}

func TestEveryFormatBringsBackWhatWasExported(t *testing.T) {
	b, _ := load(t)
	entries := slices.Collect(b.All())
	entries[1].AnswerText, entries[2].AnswerText, entries[3].Source = "=1+1", "'=真的撇号", "-负号"
	entries[4].Status, entries[4].Audience, entries[4].Review = kb.StatusDraft, kb.AudienceStaff, "2027-01-01"
	var asCSV, asXLSX bytes.Buffer
	if err := kb.WriteCSV(&asCSV, entries); err != nil {
		t.Fatal(err)
	}
	if err := kb.WriteXLSX(&asXLSX, entries); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(asCSV.Bytes(), []byte("\ufeff编号,类别*")) || !bytes.Contains(asCSV.Bytes(), []byte(",'=1+1,")) {
		t.Error("byte order mark, Chinese header or the guard of a formula is missing")
	}
	fromCSV, problems := kb.ReadCSV("a.csv", &asCSV)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	fromXLSX, problems := kb.ReadXLSX("a.xlsx", &asXLSX)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string][]kb.Row{"csv": fromCSV, "xlsx": fromXLSX} {
		if len(rows) != len(entries) {
			t.Fatalf("%s: %d rows of %d", name, len(rows), len(entries))
		}
		for i := range rows {
			if diff := cmp.Diff(entries[i], rows[i].Entry, sameEmpty); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func TestTemplatesImportNothing(t *testing.T) {
	var asCSV, asXLSX bytes.Buffer
	if err := kb.TemplateCSV(&asCSV); err != nil {
		t.Fatal(err)
	}
	if err := kb.TemplateXLSX(&asXLSX); err != nil {
		t.Fatal(err)
	}
	header, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(asCSV.String(), "\ufeff"))).Read()
	if err != nil || header[0] != "编号" || header[2] != "标准问题*" {
		t.Error(header, err)
	}
	if rows, problems := kb.ReadCSV("t.csv", &asCSV); len(rows) != 0 || problems != nil {
		t.Error(rows, problems)
	}
	if rows, problems := kb.ReadXLSX("t.xlsx", &asXLSX); len(rows) != 0 || problems != nil {
		t.Error(rows, problems)
	}
}

func TestWorkbooksMayHoldRealDates(t *testing.T) {
	f := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "编号", "B1": "生效日期", "C1": "失效日期", "A2": "kb.sc.lost", "B2": 46023, "C2": "2027/1/31"} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	var data bytes.Buffer
	if err := f.Write(&data); err != nil {
		t.Fatal(err)
	}
	rows, problems := kb.ReadXLSX("d.xlsx", &data)
	if problems != nil || len(rows) != 1 {
		t.Fatal(rows, problems)
	}
	if e := rows[0].Entry; e.ValidFrom != "2026-01-01" || e.ValidTo != "2027-01-31" {
		t.Errorf("got %s to %s", e.ValidFrom, e.ValidTo)
	}
}

func TestImportReportsWhatBecameOfEveryRow(t *testing.T) {
	b, _ := load(t)
	const data = "编号,类别,标准问题,网页答案,语音答案,失效日期,替代条目,版本\n" +
		"kb.new.a,gov.hall,政务大厅有没有充电宝,有，每小时2元。,有的，每小时三块。,,,\n" + // 2: added, voice and text differ
		",gov.hall,政务大厅能不能停车,可以。,可以停。,,,\n" + // 3: added under an id of its own
		"kb.sc.lost,labor.social_card,社保卡丢了怎么补办,改过的答案。,改过的答案。,2027-01-01,,1\n" + // 4: changed
		"kb.jzz.apply,police.residence,怎么办居住证,改了。,改了。,,,7\n" + // 5: refused, another version
		"kb.copy,gov.hall,水费怎么收？,x,x,,,\n" + // 6: skipped, same question
		"kb.bad,gov.nowhere,问,x,（x）,,,\n" + // 7: refused, two reasons
		"kb.chain,gov.hall,链上的问题一,x,x,,kb.chain2,\n" + // 8: refused with what it names
		"kb.chain2,gov.hall,链上的问题二,x,x,,kb.gone,\n" + // 9: refused
		"kb.new.a,gov.hall,又一次,x,x,,,\n" + // 10: refused, id again
		"kb.date,gov.hall,日期错了,x,x,某天,,\n" // 11: refused by the reader
	rows, problems := kb.ReadCSV("in.csv", strings.NewReader(data))
	next, report := kb.Import(b, rows, problems)
	var refused []int
	for _, l := range report.Refused {
		refused = append(refused, l.Row)
		if l.Reason == "" {
			t.Errorf("row %d is refused without reason", l.Row)
		}
	}
	if diff := cmp.Diff([]int{5, 7, 8, 9, 10, 11}, refused); diff != "" {
		t.Error(diff, report.Refused)
	}
	if len(report.Added) != 2 || report.Added[0] != (kb.Added{Row: 2, ID: "kb.new.a"}) || !strings.HasPrefix(report.Added[1].ID, "kb.hall.") {
		t.Errorf("added %v", report.Added)
	}
	if len(report.Skipped) != 1 || report.Skipped[0].Row != 6 {
		t.Errorf("skipped %v", report.Skipped)
	}
	if len(report.Changed) != 1 || len(report.Changed[0].Fields) != 3 ||
		report.Changed[0].Fields[2] != (kb.Change{Field: "valid_to", From: "", To: "2027-01-01"}) {
		t.Errorf("changed %v", report.Changed)
	}
	if len(report.Warnings) != 1 || report.Warnings[0].ID != "kb.new.a" || report.Warnings[0].Line != 2 {
		t.Errorf("warnings %v", report.Warnings)
	}
	if e, _ := next.Entry("kb.sc.lost"); e.Version != 2 || len(e.Similar) != 4 {
		t.Errorf("a column that the table does not have was touched: %+v", e)
	}
	if e, _ := b.Entry("kb.sc.lost"); e.Version != 1 || b.Len() != 153 || next.Len() != 155 {
		t.Error("the base before changed, or the one after is not what the report says")
	}
	again, report := kb.Import(next, rows[:2], nil)
	if again.Len() != next.Len() || len(report.Skipped) != 2 {
		t.Errorf("the same rows again: %s", report.Summary())
	}
}

func TestExportedContentImportsAsUnchanged(t *testing.T) {
	b, _ := load(t)
	var data bytes.Buffer
	if err := kb.WriteXLSX(&data, slices.Collect(b.All())); err != nil {
		t.Fatal(err)
	}
	rows, problems := kb.ReadXLSX("all.xlsx", &data)
	_, report := kb.Import(b, rows, problems)
	if len(report.Skipped) != b.Len() || len(report.Added)+len(report.Changed)+len(report.Refused) > 0 {
		t.Error(report.Summary(), report.Refused, report.Changed)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(table))
	f.Add([]byte("\xff\xfe,"))
	b := base(f, kb.Entry{ID: "kb.x.park", Question: "机场停车多少钱"}, kb.Entry{ID: "kb.y", Question: "水费怎么收"})
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, problems := kb.ReadCSV("f.csv", bytes.NewReader(data))
		next, report := kb.Import(b, rows, problems)
		if next.Len() != b.Len()+len(report.Added) {
			t.Errorf("%d entries, %d before, %s", next.Len(), b.Len(), report.Summary())
		}
		if done := len(report.Added) + len(report.Changed) + len(report.Skipped) + len(report.Refused); done < len(rows) {
			t.Errorf("%d rows, %d reported", len(rows), done)
		}
	})
}

func FuzzReadYAML(f *testing.F) {
	f.Add([]byte("version: 1\nentries:\n- id: a\n  question: b\n  similar: [c]\n  answer_text: \"x\\n y\"\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, problems := kb.ReadYAML("f.yaml", bytes.NewReader(data))
		if problems.Err() != nil {
			return
		}
		var out bytes.Buffer
		if err := kb.WriteYAML(&out, doc.AsOf, doc.Entries()); err != nil {
			t.Fatal(err)
		}
		again, problems := kb.ReadYAML("f.yaml", bytes.NewReader(out.Bytes()))
		if problems.Err() != nil {
			t.Fatalf("%v\n%s", problems, out.String())
		}
		if diff := cmp.Diff(doc.Entries(), again.Entries(), sameEmpty); diff != "" {
			t.Error(diff)
		}
	})
}
