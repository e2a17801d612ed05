package kb

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// field is one property of an entry: its key in YAML, its column in a table, and how it is read and
// written. All formats, differences and checks go through this one list.
type field struct {
	key     string
	title   string   // column header
	also    []string // other headers that are understood
	sparse  bool     // left out of YAML when it has its default
	must    bool
	note    string // what the template says about the column
	text    func(*Entry) *string
	list    func(*Entry) *[]string
	day     func(*Entry) *Day
	choice  []choice
	chosen  func(*Entry) string
	choose  func(*Entry, string)
	number  func(*Entry) *int
	maximum int // of characters in a text or one item of a list; 0 is maxText
}

// choice is a value of a closed list: as it stands in YAML, and as people write it in a table.
type choice struct{ key, title string }

// Limits of a field, in characters and items.
const (
	maxText  = 5000
	maxShort = 200
	maxItems = 200
)

// fields in the order in which they are written.
var fields = []field{
	{key: "id", title: "编号", also: []string{"ID"}, maximum: 64, note: "新条目可留空，自动编号", text: func(e *Entry) *string { return &e.ID }},
	{key: "category", title: "类别", also: []string{"类别编号", "分类"}, must: true, maximum: 64, note: "叶子类别编号，如 police.residence", text: func(e *Entry) *string { return &e.Category }},
	{key: "question", title: "标准问题", also: []string{"问题", "标准问"}, must: true, maximum: maxShort, note: "一句话", text: func(e *Entry) *string { return &e.Question }},
	{key: "similar", title: "相似问题", also: []string{"相似问", "相似问法"}, maximum: maxShort, note: "每行一个，或用竖线分隔", list: func(e *Entry) *[]string { return &e.Similar }},
	{key: "answer_text", title: "网页答案", also: []string{"文字答案", "答案"}, must: true, note: "可有列表和链接", text: func(e *Entry) *string { return &e.AnswerText }},
	{key: "answer_voice", title: "语音答案", also: []string{"播报答案"}, must: true, maximum: 1000, note: "不超过90字，无网址无括号", text: func(e *Entry) *string { return &e.AnswerVoice }},
	{key: "valid_from", title: "生效日期", note: "如 2026-01-01", day: func(e *Entry) *Day { return &e.ValidFrom }},
	{key: "valid_to", title: "失效日期", also: []string{"截止日期"}, note: "留空为长期有效", day: func(e *Entry) *Day { return &e.ValidTo }},
	{key: "regions", title: "适用地区", also: []string{"地区", "区域"}, maximum: 64, note: "留空为全市，多个用竖线分隔", list: func(e *Entry) *[]string { return &e.Regions }},
	{key: "source", title: "政策依据", also: []string{"依据", "来源"}, maximum: maxShort, note: "文件名称和文号", text: func(e *Entry) *string { return &e.Source }},
	{key: "tags", title: "标签", maximum: 64, note: "多个用竖线分隔", list: func(e *Entry) *[]string { return &e.Tags }},
	{key: "superseded_by", title: "替代条目", also: []string{"被替代为"}, maximum: 64, note: "失效后由哪一条替代（编号）", text: func(e *Entry) *string { return &e.SupersededBy }},
	{key: "audience", title: "对象", also: []string{"服务对象"}, sparse: true, note: "所有人、个人、企业、仅座席", choice: audiences, chosen: func(e *Entry) string { return string(e.Audience) }, choose: func(e *Entry, v string) { e.Audience = Audience(v) }},
	{key: "owner", title: "责任单位", also: []string{"归口单位"}, sparse: true, maximum: 64, note: "部门编号，留空按类别", text: func(e *Entry) *string { return &e.Owner }},
	{key: "clause", title: "条款", also: []string{"依据条款"}, sparse: true, note: "条款序号或原文", text: func(e *Entry) *string { return &e.Clause }},
	{key: "review", title: "复核日期", sparse: true, note: "到期应复核", day: func(e *Entry) *Day { return &e.Review }},
	{key: "status", title: "状态", sparse: true, note: "草稿、发布、撤下", choice: statuses, chosen: func(e *Entry) string { return string(e.Status) }, choose: func(e *Entry, v string) { e.Status = Status(v) }},
	{key: "version", title: "版本", sparse: true, note: "导出时的版本，勿改", number: func(e *Entry) *int { return &e.Version }},
}

var audiences = []choice{{"all", "所有人"}, {"person", "个人"}, {"enterprise", "企业"}, {"staff", "仅座席"}}

var statuses = []choice{{"draft", "草稿"}, {"published", "发布"}, {"withdrawn", "撤下"}}

// values returns what a field holds, one text for each item; nothing when it is empty.
func (f *field) values(e *Entry) []string {
	one := ""
	switch {
	case f.list != nil:
		return *f.list(e)
	case f.text != nil:
		one = *f.text(e)
	case f.day != nil:
		one = string(*f.day(e))
	case f.choice != nil:
		one = f.chosen(e)
	case f.number != nil && *f.number(e) != 0:
		one = strconv.Itoa(*f.number(e))
	}
	if one == "" {
		return nil
	}
	return []string{one}
}

// set puts values into an entry, or says why they cannot stand there.
func (f *field) set(e *Entry, values []string) error {
	limit := f.maximum
	if limit == 0 {
		limit = maxText
	}
	for _, v := range values {
		if n := len([]rune(v)); n > limit {
			return fmt.Errorf("有 %d 字，最多 %d 字 too long", n, limit)
		}
		if bad := strings.IndexFunc(v, forbidden); bad >= 0 {
			return fmt.Errorf("含有控制字符或无效编码，请删去 control character or broken encoding")
		}
	}
	if f.list != nil {
		if len(values) > maxItems {
			return fmt.Errorf("有 %d 项，最多 %d 项 too many items", len(values), maxItems)
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\n|｜") || v == "" {
				return fmt.Errorf("每项须为一行且不含竖线 items are single lines without bars: %q", v)
			}
		}
		*f.list(e) = values
		return nil
	}
	value := ""
	if len(values) > 0 {
		value = values[0]
	}
	switch {
	case f.text != nil:
		*f.text(e) = value
	case f.day != nil:
		day, err := ParseDay(value)
		if err != nil {
			return err
		}
		*f.day(e) = day
	case f.number != nil:
		n, err := strconv.Atoi(value)
		if value != "" && (err != nil || n < 1 || n > 1<<30) {
			return fmt.Errorf("%q 不是正整数 not a positive number", value)
		}
		*f.number(e) = n
	default:
		return f.setChoice(e, value)
	}
	return nil
}

func (f *field) setChoice(e *Entry, value string) error {
	var allowed []string
	for _, c := range f.choice {
		if value == c.key || value == c.title {
			f.choose(e, c.key)
			return nil
		}
		allowed = append(allowed, c.title+" "+c.key)
	}
	if value == "" {
		f.choose(e, "")
		return nil
	}
	return fmt.Errorf("%q 不在可选值之内，可选 one of: %s", value, strings.Join(allowed, ", "))
}

// forbidden are characters that neither a file nor a screen should carry: controls other than the
// line break and the tab, marks that turn the direction of text, and broken UTF-8.
func forbidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0xfffd, r == 0xfeff:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f
}

var dayWritten = strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-")

// ParseDay reads a day as people and spreadsheets write it: 2026-01-01, 2026/1/1, 2026.1.1 or
// 2026年1月1日. An empty text is the open day.
func ParseDay(text string) (Day, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	date, _, _ := strings.Cut(text, " ") // a spreadsheet may add the hour
	t, err := time.Parse("2006-1-2", dayWritten.Replace(date))
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return "", fmt.Errorf("%q 不是日期，应如 2026-01-31 not a date", text)
	}
	return DayOf(t), nil
}
