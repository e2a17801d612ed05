package nlu

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hotline-cc/hotline"
)

// The file of a model is text that a person can read and compare, as it is or compressed by gzip:
//
//	hotline-nlu 1
//	source 3f9a…                               TrainConfig.Sum of what it was trained on
//	thresholds answer=0.67 emergency=0.4 agent=0.35
//	ranking chars=1.2 exact=…
//	sure bias=-3.1 share=…
//	wording kb.sc.lost 2 社保卡不见了…            entry, fold, text; tabs between
//	subject labor.card 社保卡 补卡 …             category, tab, its words
//	classifier act 0.95                        name, temperature
//	bias agent=-0.1 ask=0.9 …                  all labels, in order
//	c2:人工	0=1.31 1=-0.2                      feature, tab, places of the labels it speaks for and against
//	end
const fileHeader = "hotline-nlu 1"

// Bounds of a model file, in bytes.
const (
	maxFileLine = 1 << 20
	maxFile     = 256 << 20
)

// Write writes the model without its documents; see Read.
func (m *Model) Write(w io.Writer) error {
	b := new(bytes.Buffer)
	fmt.Fprintln(b, fileHeader)
	fmt.Fprintf(b, "source %s\n", m.source)
	fmt.Fprintf(b, "thresholds answer=%g emergency=%g agent=%g\n", m.thresholds.Answer, m.thresholds.Emergency, m.thresholds.Agent)
	writeNamed(b, "ranking", rankFeatures, m.ranking)
	writeNamed(b, "sure", sureFeatures, m.sure)
	for _, e := range m.extras {
		fmt.Fprintf(b, "wording %s\t%d\t%s\n", e.id, e.fold, strings.Join(strings.Fields(e.text), " "))
	}
	for k, category := range m.subjects.categories {
		fmt.Fprintf(b, "subject %s\t%s\n", category, strings.Join(m.subjects.listed[k], " "))
	}
	for _, c := range []struct {
		name string
		*classifier
	}{{"act", m.act}, {"category", m.category}, {"entry", m.entry}} {
		c.write(b, c.name, m.vocabulary.names)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

func writeNamed(b *bytes.Buffer, section string, names []string, values []float64) {
	b.WriteString(section)
	for i, name := range names {
		fmt.Fprintf(b, " %s=%g", name, values[i])
	}
	b.WriteByte('\n')
}

func (c *classifier) write(b *bytes.Buffer, name string, features []string) {
	fmt.Fprintf(b, "classifier %s %g\nbias", name, c.temperature)
	for k, label := range c.labels {
		fmt.Fprintf(b, " %s=%g", label, c.bias[k])
	}
	b.WriteByte('\n')
	order := make([]int32, 0, len(c.rows))
	for id := range int32(len(c.rows)) {
		if len(c.of(id)) > 0 {
			order = append(order, id)
		}
	}
	slices.SortFunc(order, func(i, j int32) int { return strings.Compare(features[i], features[j]) })
	for _, id := range order {
		b.WriteString(features[id])
		for k, w := range c.of(id) {
			if k == 0 {
				b.WriteByte('\t')
			} else {
				b.WriteByte(' ')
			}
			fmt.Fprintf(b, "%d=%g", w.label, w.w)
		}
		b.WriteByte('\n')
	}
	b.WriteString("end\n")
}

// Read reads a model, compressed or not, and gives it the documents it is to find. A file that does not
// fit is an error that names the line.
func Read(r io.Reader, file string, documents []Document) (*Model, error) {
	plain, err := uncompressed(r)
	if err != nil {
		return nil, hotline.Errorf("read model", hotline.CodeInvalid, "%s: 压缩文件损坏，请用 hotline train 重新生成 not a sound gzip file: %w", file, err)
	}
	p := &parser{file: file, lines: bufio.NewScanner(io.LimitReader(plain, maxFile)), m: &Model{lexicon: defaultLexicon(), vocabulary: newVocabulary()}}
	p.lines.Buffer(make([]byte, 0, 64<<10), maxFileLine)
	if !p.next() || string(p.text) != fileHeader {
		return nil, p.errorf("不是模型文件，请用 hotline train 重新生成 not a model file, first line must be %q", fileHeader)
	}
	for p.next() {
		if err := p.section(); err != nil {
			return nil, err
		}
	}
	if err := p.lines.Err(); err != nil {
		return nil, p.errorf("%w", err)
	}
	m := p.m
	if m.act == nil || m.category == nil || m.entry == nil || m.ranking == nil || m.sure == nil || len(m.act.labels) == 0 {
		return nil, p.errorf("文件不完整，请用 hotline train 重新生成 the file is not complete")
	}
	m.vocabulary.open = false
	m.subjects = newSubjects(p.categories)
	return m.WithDocuments(documents), nil
}

func uncompressed(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	if magic, err := b.Peek(2); err != nil || magic[0] != 0x1F || magic[1] != 0x8B {
		return b, nil // not gzip: if it is no model either, the first line tells
	}
	return gzip.NewReader(b)
}

// parser reads the file of a model.
type parser struct {
	file  string
	lines *bufio.Scanner
	line  int
	text  []byte // of the line, until the next
	m     *Model

	categories []Category
}

func (p *parser) next() bool {
	if !p.lines.Scan() {
		return false
	}
	p.line++
	p.text = p.lines.Bytes()
	return true
}

func (p *parser) errorf(format string, args ...any) error {
	return hotline.Errorf("read model", hotline.CodeInvalid, "%s:%d: "+format, append([]any{p.file, p.line}, args...)...)
}

func (p *parser) section() (err error) {
	name, rest, _ := strings.Cut(string(p.text), " ")
	switch name {
	case "source":
		p.m.source = rest
	case "thresholds":
		var v []float64
		if v, err = p.named(rest, []string{"answer", "emergency", "agent"}); err == nil {
			p.m.thresholds = Thresholds{v[0], v[1], v[2]}
		}
	case "ranking":
		p.m.ranking, err = p.named(rest, rankFeatures)
	case "sure":
		p.m.sure, err = p.named(rest, sureFeatures)
	case "wording":
		fields := strings.Split(rest, "\t")
		fold, bad := strconv.ParseInt(fields[min(1, len(fields)-1)], 10, 8)
		if len(fields) != 3 || bad != nil {
			return p.errorf("应为条目、序号、话语 entry, fold and text are needed")
		}
		p.m.extras = append(p.m.extras, extra{fields[0], fields[2], int8(fold)})
	case "subject":
		category, words, ok := strings.Cut(rest, "\t")
		if !ok {
			return p.errorf("应为类别和词 a category and words are needed")
		}
		p.categories = append(p.categories, Category{ID: category, Words: strings.Fields(words)})
	case "classifier":
		return p.classifier(rest)
	default:
		return p.errorf("不认识的内容 unknown section %.40q", name)
	}
	return err
}

// named reads name=value pairs that must be exactly those wanted, in order.
func (p *parser) named(text string, names []string) ([]float64, error) {
	fields := strings.Fields(text)
	if len(fields) != len(names) {
		return nil, p.errorf("应有 %d 项，实有 %d 项 wrong number of values", len(names), len(fields))
	}
	out := make([]float64, len(names))
	for i, f := range fields {
		name, v, err := p.pair(f)
		if err != nil {
			return nil, err
		}
		if name != names[i] {
			return nil, p.errorf("应为 %s %s is wanted, not %.40q", names[i], names[i], name)
		}
		out[i] = v
	}
	return out, nil
}

func (p *parser) pair(text string) (string, float64, error) {
	i := strings.LastIndexByte(text, '=')
	if i < 0 {
		return "", 0, p.errorf("应为 名=数 name=number is wanted, not %.40q", text)
	}
	v, err := strconv.ParseFloat(text[i+1:], 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e4 {
		return "", 0, p.errorf("不是合适的数 not a fit number: %.40q", text)
	}
	return text[:i], v, nil
}

func (p *parser) classifier(head string) error {
	name, heat, _ := strings.Cut(head, " ")
	into := map[string]**classifier{"act": &p.m.act, "category": &p.m.category, "entry": &p.m.entry}[name]
	temperature, err := strconv.ParseFloat(heat, 64)
	if into == nil || err != nil || !(temperature > 0.01 && temperature < 100) {
		return p.errorf("分类器的名称或温度不对 unfit classifier %.40q", head)
	}
	c := &classifier{temperature: temperature}
	if !p.next() || !bytes.HasPrefix(p.text, []byte("bias")) {
		return p.errorf("缺少 bias 行 the bias line is missing")
	}
	for _, f := range strings.Fields(string(p.text[len("bias"):])) {
		label, v, err := p.pair(f)
		if err != nil {
			return err
		}
		c.labels, c.bias = append(c.labels, label), append(c.bias, float32(v))
	}
	if !slices.IsSorted(c.labels) || name == "act" && slices.ContainsFunc(c.labels, func(l string) bool { return !knownAct(Act(l)) }) {
		return p.errorf("标签未排序或不认识 labels are not sorted or not known")
	}
	known := map[string]weight{} // by what is written: the same few weights come again and again
	for p.next() {
		if string(p.text) == "end" {
			*into = c
			return nil
		}
		if err := p.weights(c, known); err != nil {
			return err
		}
	}
	return p.errorf("缺少 end 行 the end line is missing")
}

func (p *parser) weights(c *classifier, known map[string]weight) error {
	name, rest, ok := bytes.Cut(p.text, []byte("\t"))
	if !ok || len(name) == 0 {
		return p.errorf("应为 特征、制表符、权重 a feature, a tab and weights are wanted")
	}
	id, _ := p.m.vocabulary.id(name)
	if len(c.of(id)) > 0 {
		return p.errorf("特征 %.40q 重复 feature is there twice", name)
	}
	from := len(c.weights)
	for len(rest) > 0 {
		var written []byte
		written, rest, _ = bytes.Cut(rest, []byte(" "))
		w, ok := known[string(written)]
		if !ok {
			var err error
			if w, err = p.weight(c, string(written)); err != nil {
				return err
			}
			known[string(written)] = w
		}
		c.weights = append(c.weights, w)
	}
	c.fill(id, from)
	return nil
}

func (p *parser) weight(c *classifier, written string) (weight, error) {
	label, v, err := p.pair(written)
	if err != nil {
		return weight{}, err
	}
	k, err := strconv.Atoi(label)
	if err != nil || k < 0 || k >= len(c.labels) {
		return weight{}, p.errorf("没有标签 %.40q there is no label of this number", label)
	}
	return weight{int32(k), float32(v)}, nil
}
