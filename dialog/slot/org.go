package slot

import (
	"bytes"
	"io"
	"strings"

	"github.com/hotline-cc/hotline"
	"gopkg.in/yaml.v3"
)

// Organisations are the bodies a caller may name, found by name and by the short forms of it.
// It does not change after it is read and may be shared.
type Organisations struct {
	forms   map[string][]organisation
	longest int
}

type organisation struct {
	id, name, kind string
	short          bool // found by a form that leaves out whose it is: 热力公司
}

// maxOrganisations bounds a file of organisations.
const maxOrganisations = 20000

// ReadOrganisations reads the list "departments" of a YAML document; of each entry id, name, kind
// and aliases count, the rest is for others. Errors have CodeInvalid and name file and line.
func ReadOrganisations(file string, r io.Reader) (*Organisations, error) {
	const op = "read organisations"
	data, err := readAll(op, file, r)
	if err != nil {
		return nil, err
	}
	var document struct {
		Departments []yaml.Node `yaml:"departments"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&document); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: 不是有效的 YAML (not valid YAML): %w", file, err)
	}
	if n := len(document.Departments); n == 0 || n > maxOrganisations {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: departments 应有 1 到 %d 项 (want a list of departments)", file, maxOrganisations)
	}
	o := &Organisations{forms: map[string][]organisation{}}
	seen := map[string]int{}
	for i := range document.Departments {
		node := &document.Departments[i]
		var d struct {
			ID, Name, Kind string
			Aliases        []string
		}
		if err := node.Decode(&d); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s:%d: %w", file, node.Line, err)
		}
		switch line := seen[d.ID]; {
		case d.ID == "" || d.Name == "":
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s:%d: id 和 name 不能为空 (empty id or name)", file, node.Line)
		case line > 0:
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s:%d: 编号 %s 与第 %d 行重复 (duplicate id)", file, node.Line, d.ID, line)
		}
		seen[d.ID] = node.Line
		o.add(organisation{id: d.ID, name: d.Name, kind: d.Kind}, d.Aliases)
	}
	return o, nil
}

func (o *Organisations) add(org organisation, forms []string) {
	own := append([]string{org.name}, forms...)
	for i, f := range append(own, shortForms(org.name)...) {
		key := string(read(f).r)
		org.short = i >= len(own) && f[:min(len(f), 3)] != org.name[:min(len(org.name), 3)]
		if n := runeLen(key); n >= 3 {
			o.forms[key] = append(o.forms[key], org)
			o.longest = max(o.longest, n)
		}
	}
}

// shortForms are what people leave out of a name: the level of government, the legal form.
func shortForms(name string) []string {
	forms := []string{name}
	strip := func(cut func(string) (string, bool)) {
		for _, f := range forms {
			if g, ok := cut(f); ok {
				forms = append(forms, g)
			}
		}
	}
	strip(func(f string) (string, bool) { return strings.CutSuffix(f, "有限公司") })
	strip(func(f string) (string, bool) {
		f, ok := strings.CutSuffix(f, "集团")
		return f + "公司", ok
	})
	strip(func(f string) (string, bool) { return strings.CutPrefix(f, "市") })
	strip(func(f string) (string, bool) {
		i := strings.Index(f, "州")
		return f[i+len("州"):], i == len("云") // a city of two characters: 云州供电公司
	})
	return forms[1:]
}

// at finds the longest known organisation that begins at i.
func (o *Organisations) at(s sentence, i int) ([]organisation, int) {
	if o == nil {
		return nil, 0
	}
	for n := min(o.longest, s.len()-i); n >= 3; n-- {
		if found := o.forms[s.text(i, i+n)]; len(found) > 0 {
			return found, n
		}
	}
	return nil, 0
}

// Words an organisation ends in, when a name of its own stands before them.
var orgHeads = []string{
	"物业公司", "装饰公司", "建筑公司", "有限公司", "劳务公司", "中介公司", "公司", "集团", "物业", "劳务", "五金", "建材", "家具", "家居", "装饰", "地产", "置业", "房产", "中介",
	"餐饮", "学堂", "书院", "画室", "琴行", "实业", "建工", "制衣", "车行", "汽贸", "发艺", "会所", "球馆", "跆拳道", "托育", "宠物医院", "宠物店", "菜馆", "饺子馆", "酒家", "国旅", "保洁", "餐馆", "饭馆", "酒吧", "康养", "编程", "少儿", "养老", "客运站", "客运", "汽车站", "火锅", "烧烤", "烤肉", "饭店", "酒店", "宾馆", "餐厅", "酒楼", "面馆", "奶茶", "烘焙", "蛋糕", "食堂", "超市", "便利店", "商场", "百货", "药店", "药房", "大药房", "诊所", "医院", "口腔", "医美", "美容", "美发", "养生", "足浴",
	"健身", "健身房", "瑜伽", "游泳馆", "培训", "培训学校", "培训班", "教育", "乐园", "游乐场", "驾校", "幼儿园", "小学", "中学", "学校", "旅行社", "加油站", "洗车", "汽修", "网吧", "棋牌室", "照相馆", "影楼", "婚庆", "科技", "商贸", "食品", "电器", "服饰", "服装厂", "化工厂", "机械厂", "加工厂", "电子厂", "食品厂", "厂",
	"中队", "支队", "大队", "派出所", "居委会", "村委会", "车管所", "卫生院", "养老院", "敬老院", "快递", "物流", "银行", "证券", "保险", "门店", "分店", "旗舰店", "专卖店", "鞋店", "KTV", "美容院", "理发店", "足疗店", "按摩店", "美甲店", "洗车店", "洗衣店", "干洗店", "服装店", "手机店", "家电城", "建材城", "家具城", "家居城", "装修公司", "旅馆", "客栈", "民宿", "农家乐", "汽修厂", "修理厂", "洗浴中心", "购物中心", "水果店", "烟酒店", "早餐店", "小吃店", "保健品店", "母婴店", "蛋糕店", "面包店", "火锅店", "烧烤店", "奶茶店", "眼镜店", "影院", "影城", "茶楼", "俱乐部", "早教中心", "艺术中心", "补习班", "辅导班", "培训中心", "培训机构", "托管中心", "月子中心", "养生馆", "瑜伽馆", "舞蹈学校", "家政", "搬家公司", "牙科", "口腔医院", "托管班", "服装厂", "塑料厂", "家具厂", "砖厂", "养殖场", "屠宰场",
}

// Words that only say which one or what sort, and so make no name.
var notNames = []string{
	"一家", "这家", "那家", "哪家", "有家", "某家", "我家", "两家", "几家", "隔壁", "楼下", "楼上", "对面", "附近", "旁边", "门口", "小区", "我们", "你们", "他们", "这个", "那个", "一个", "有个", "公办", "民办", "私立", "公立", "私人", "外地", "本地", "社区", "街道", "村里", "镇上",
	"孩子", "小孩", "儿子", "女儿", "宝宝", "娃娃", "我妈", "我爸", "老人", "快餐", "餐馆", "饭馆", "酒吧", "康养", "编程", "少儿", "养老", "客运站", "客运", "汽车站", "火锅", "烧烤", "健身", "美容", "大型", "小型", "正规", "原来", "以前", "现在", "开发", "新来的", "路边", "好几", "好多", "好大", "好贵", "好些", "好好", "好不", "什么", "哪个", "这种", "吓人", "坑人", "害人", "气人", "黑心", "无良", "可恶", "垃圾", "连锁", "网上", "线上", "无证", "关门", "黑", "老", "新", "大", "小", "该", "本", "某", "各", "有", "好", "旧", "前", "后", "总", "子", "分", "报", "找", "问", "去", "卖", "收", "查", "跟", "和", "让", "是", "开", "做", "办", "加", "换", "转", "催", "投诉", "举报", "表扬", "感谢", "谢谢", "反映", "建议", "管", "买", "住", "租",
}

// Characters that do not occur in the own name of an organisation but next to it.
const nameBreaks = "的了着在我你他她们这那哪有家个是说到给把被去不没就也还都很跟和让找从对着过吗呢吧啊叫里上下前后边旁口往向为因所以但要想会能可再又才最太"

// official are heads whose own name is that of a place: 北原交警中队, 柳桥派出所.
var official = []string{"中队", "支队", "大队", "派出所", "居委会", "村委会", "车管所", "卫生院", "医院", "学校", "小学", "中学"}

// ownNames finds organisations that are in no list by their form: a name of two to six characters
// and a word that organisations end in.
func (s sentence) ownNames(g *Gazetteer, placeEnds map[int]bool, taken func(i int) bool) []Found {
	var found []Found
	for i := 2; i < s.len(); i++ {
		n := s.hasAny(i, orgHeads...)
		if n == 0 || taken(i) {
			continue
		}
		from := s.nameStart(i, placeEnds)
		own := s.text(from, i)
		sort := s.hasAny(i, "厂", "店") > 0 && s.hasAny(from, "小", "大", "新") > 0 // 小电镀厂 has no name of its own
		if !ownName(own) || sort || s.hasAny(i, official...) > 0 && !g.begins(s, from, i) {
			i += n - 1
			continue
		}
		to := i + n
		for m := s.hasAny(to, orgHeads...); m > 0 && !s.gap[to]; m = s.hasAny(to, orgHeads...) {
			to += m
		}
		to = s.branch(to)
		found = append(found, s.found(Org, s.text(from, to), from, to, 0.7))
		i = to - 1
	}
	return found
}

// beforeName are words that a name follows: 开票公司云州昌运商贸, 表扬柳桥派出所.
var beforeName = []string{"公司", "单位", "商家", "店家", "机构", "开发商", "承包商", "施工方", "中介", "厂家", "店铺", "平台", "房东", "老板", "表扬", "投诉", "举报", "感谢", "谢谢", "反映"}

// branch goes on to a branch that is named after a place: 超市茅湖店.
func (s sentence) branch(i int) int {
	for j := i; j < min(i+6, s.len()) && !s.gap[j]; j++ {
		if strings.ContainsRune(nameBreaks, s.r[j]) {
			return i
		}
		if n := s.hasAny(j, "分店", "门店", "店", "分公司", "分部"); n > 0 && (j == i || j >= i+2) {
			return j + n
		}
	}
	return i
}

// nameStart goes back from a head to where the name before it begins.
func (s sentence) nameStart(i int, placeEnds map[int]bool) int {
	for from := i - 2; from >= max(0, i-4) && !placeEnds[i]; from-- {
		// 万和物业, 好再来饭店: whole between a pause or a place and the head.
		if (s.gap[from] || placeEnds[from] || s.endsWith(from, beforeName...) > 0) && !s.broken(from, i+1) && s.hasAny(from, "跟", "和", "找", "从", "对", "让", "因", "为") == 0 {
			if !strings.ContainsAny(s.text(from, i), "的了在我你他她们这那吗呢吧被把说是去叫") && ownName(s.text(from, i)) {
				return from
			}
			break
		}
	}
	from := i
	for from > 0 && i-from < 6 && !s.gap[from] && !placeEnds[from] && (!strings.ContainsRune(nameBreaks, s.r[from-1]) || s.endsWith(from, "育才", "英才", "成才", "博才") > 0) {
		if s.endsWith(from, beforeName...) > 0 && i-from >= 2 {
			break
		}
		from--
	}
	return from
}

func ownName(own string) bool {
	if n := runeLen(own); n < 2 || n > 6 {
		return false
	}
	for _, head := range orgHeads {
		if own == head {
			return false
		}
	}
	for _, w := range notNames {
		if runeLen(w) > 1 && (strings.HasPrefix(own, w) || strings.HasSuffix(own, w)) || own == w {
			return false
		}
	}
	for _, c := range own {
		if _, digit := digitOf(c); digit || unitOf(c) > 0 {
			return false
		}
	}
	if runeLen(own) > 2 && strings.ContainsAny(string([]rune(own)[0]), "新大小好") {
		return true // 小天使幼儿园, 好声音KTV
	}
	if own[:len("新")] == "新" && !strings.ContainsAny(own[len("新"):], "开建的装办式型店盖来旧老小大") {
		return true // 新鸿装饰
	}
	return !strings.ContainsAny(string([]rune(own)[0]), "一两三四五六七八九十几多新大小黑该本某各好旧总子分报问卖收查开做办加换转催管买住租用打交拿发")
}

// calledNames finds what a caller names outright: 店名云驰北原店, 公司叫云州宏盛五金.
func (s sentence) calledNames() []Found {
	var found []Found
	for i := range s.r {
		n := s.hasAny(i, "店名叫", "店名是", "店名", "公司叫", "公司名叫", "公司名字叫", "公司名字是", "店名字叫", "机构名字叫", "公司名", "单位叫", "厂名", "店叫", "招牌是", "招牌叫", "商家叫", "机构叫")
		if n == 0 {
			continue
		}
		from, to := i+n, i+n
		for to < s.len() && (to == from || !s.gap[to]) && to-from < 14 && !strings.ContainsRune("的了在我你他她是说把被就也", s.r[to]) {
			to++
		}
		if to-from >= 3 {
			found = append(found, s.found(Org, s.text(from, to), from, to, 0.8))
		}
	}
	for i := range s.r {
		// 有个叫颐泽康养的: four characters and more are no person.
		n := s.hasAny(i, "有个叫", "有家叫", "一家叫", "那家叫", "那个叫", "这家叫", "一个叫")
		if n == 0 {
			continue
		}
		from, to := i+n, i+n
		for to < s.len() && (to == from || !s.gap[to]) && to-from < 12 && s.r[to] != '的' {
			to++
		}
		if to-from >= 4 && to-from <= 10 && to < s.len() && s.r[to] == '的' {
			found = append(found, s.found(Org, s.text(from, to), from, to, 0.8))
		}
	}
	return found
}

func (s sentence) found(k Kind, value string, from, to int, confidence float64) Found {
	start, end := s.span(from, to)
	return Found{Kind: k, Value: value, Text: s.text(from, to), Start: start, End: end, Confidence: confidence}
}
