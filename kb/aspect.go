package kb

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Aspect is the side of a matter that a question asks about.
type Aspect string

// The aspects that are recognised.
const (
	AspectMaterials  Aspect = "materials"  // 材料
	AspectPlace      Aspect = "place"      // 地点
	AspectFee        Aspect = "fee"        // 费用，或补贴标准
	AspectTime       Aspect = "time"       // 时限
	AspectConditions Aspect = "conditions" // 条件
	AspectPhone      Aspect = "phone"      // 电话
	AspectDepartment Aspect = "department" // 部门
	AspectOnline     Aspect = "online"     // 网上办理
)

// aspectWords are how people ask for an aspect, the way they speak. An aspect whose words contain
// those of another comes first: what is found is taken away before the next is looked for.
var aspectWords = []struct {
	aspect Aspect
	words  string
}{
	{AspectDepartment, "哪个部门 什么部门 啥部门 哪个单位 什么单位 哪个局 什么局 谁负责 由谁负责 谁来负责 归谁管 归谁 谁管 谁在管 归哪管 哪家管 哪儿管 哪里管 归哪个 哪个科室 主管部门 主管单位 负责部门 责任单位 管这个 管这事"},
	{AspectPhone, "打哪个电话 打什么电话 电话是多少 电话多少 电话号码 联系电话 咨询电话 什么电话 哪个电话 啥电话 有电话吗 有没有电话 怎么联系 联系方式 打哪个号 拨什么号 打多少"},
	{AspectMaterials, "要带什么 要带啥 带什么 带啥 带哪些 带些什么 带点什么 什么材料 啥材料 哪些材料 什么资料 啥资料 哪些资料 需要材料 需要的材料 要的材料 材料有 什么手续 啥手续 哪些手续 什么证件 啥证件 哪些证件 什么证明 哪些证明 准备什么 准备啥 准备哪些 准备些什么 要什么东西 要啥东西 什么东西 啥东西 哪些东西 拿什么 拿啥 拿哪些 提供什么 提供哪些 提供啥 提交什么 交什么 交哪些 需要什么 需要哪些 需要啥 要些什么 材料清单 所需材料 申请材料 办理材料 材料要 要材料"},
	{AspectFee, "多少钱 多少块 几块钱 多少元 要钱吗 要钱不 要不要钱 要花钱 花钱吗 花多少 花不花钱 收费吗 收费标准 怎么收费 收不收费 收多少 收费 费用 工本费 手续费 要交钱 交多少 缴多少 缴费标准 免费吗 是不是免费 不要钱 免不免费 什么价 价格 贵不贵 给多少 发多少 补多少 领多少 能贷多少 贷多少 最高多少 额度 标准是多少 标准多少 补贴标准 多少补贴 一个月多少 一年多少 每月多少 能取多少 能提多少 租金多少 一次多少"},
	{AspectOnline, "网上能办 网上可以办 能网上办 可以网上办 网上办 网上能 网上申请 在网上 上网办 手机上能 手机上怎么 手机能办 手机办 手机上 线上 在线办 app能 用app 小程序 能不能网上 不用跑"},
	{AspectConditions, "满多久 住多久 缴多久 交多久 要交几年 要缴几年 多大年纪 多大岁数 多大能 几岁 多少岁 什么条件 啥条件 哪些条件 申请条件 办理条件 条件是 条件有 有条件吗 满足条件 符合条件 条件 什么资格 资格 什么要求 啥要求 哪些要求 有要求吗 要求是 谁能 谁可以 哪些人 什么人能 什么人可以 什么样的人 够不够 能不能申请 能申请吗 可以申请吗 能办吗 能不能办 可不可以办 可以办吗 能不能领 能领吗 可以领吗"},
	{AspectTime, "多久 多长时间 多少天 多少时间 几天 几个工作日 多少个工作日 几个月 什么时候 啥时候 何时 什么时间 啥时间 时间要 要等 多快 当天 当场 立等 办理时限 时限 办理时间 哪天 几号 几月 截止 期限 快吗 慢不慢 等多 到账"},
	{AspectPlace, "在哪儿 在哪里 在哪 去哪儿 去哪里 去哪 到哪儿 到哪里 到哪 上哪儿 上哪里 上哪 往哪 哪儿办 哪里办 哪办 哪里能 哪儿能 哪里可以 哪儿可以 什么地方 啥地方 哪个地方 哪个窗口 哪个网点 哪个派出所 什么窗口 什么地址 地址在 地址是 具体地址 哪里补 哪儿补 哪里领 哪里 哪儿 跑哪"},
}

// small are the words of a question that name neither a matter nor an aspect.
const small = "头一回 头一次 第一回 第一次 以后 之后 拿 门票 钱 请问 你好 您好 麻烦 咨询 一下 想问 我想 问一下 想要 我要 要不要 需要 怎么办理 怎么办 怎么弄 怎么 如何 应该 现在 今年 那个 这个 就是 然后 的话 如果 办理 申请 申领 办 弄 搞 领 补 换 开 要 得 吗 呢 啊 呀 嘛 吧 了 的 地 我 你 您 我们 你们 咱 家里 家 嗯 呃 哦 喂 是 有 还 都 也 就 能 可以 会 去 来 到 在 给 帮 跟 和 或 一个 个 张 本 新 先 再 又 才 用 时候 时 啥 什么 哪些 哪 谁 多少 些 点 好 那 这 么 呗 咧 哈 想 问 说 知道 不知道 听说 大概 一般 具体 他 她 它 人 自己 本人 云州 咱们 市里 这边 这儿"

// aspectLexicon finds aspects and small words.
type aspectLexicon struct {
	aspects []Aspect
	terms   []*lexicon // of the aspect at the same place
	small   *lexicon
}

// aspectTable is made once; it never changes.
var aspectTable = sync.OnceValue(newAspectLexicon)

func newAspectLexicon() *aspectLexicon {
	a := &aspectLexicon{small: newLexicon()}
	for _, w := range aspectWords {
		terms := newLexicon()
		terms.add(strings.Fields(w.words)...)
		a.aspects, a.terms = append(a.aspects, w.aspect), append(a.terms, terms)
	}
	a.small.add(strings.Fields(small)...)
	return a
}

// find returns the aspects in the order in which they are asked, and which characters ask for them.
func (a *aspectLexicon) find(u utterance) (list []Aspect, spots []bool) {
	spots = make([]bool, len(u.runes))
	at := map[Aspect]int{}
	for i, terms := range a.terms {
		var ours []spot
		for _, found := range terms.find(u) {
			for _, s := range found {
				if taken(spots[s.from:s.to]) < (s.to-s.from+1)/2 {
					ours = append(ours, s)
				}
			}
		}
		if len(ours) == 0 {
			continue
		}
		first := slices.MinFunc(ours, func(a, b spot) int { return cmp.Compare(a.from, b.from) })
		at[a.aspects[i]] = first.from
		list = append(list, a.aspects[i])
		for _, s := range ours {
			mark(spots, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Aspect) int { return cmp.Compare(at[a], at[b]) })
	return list, spots
}

// taken counts what is marked already.
func taken(spots []bool) int {
	n := 0
	for _, s := range spots {
		if s {
			n++
		}
	}
	return n
}

func mark(spots []bool, s spot) {
	for i := s.from; i < s.to; i++ {
		spots[i] = true
	}
}

// Aspects returns which sides of a matter a question asks about, in the order of the question.
func Aspects(question string) []Aspect {
	list, _ := aspectTable().find(newUtterance(question))
	return list
}

// Elliptical reports whether a question names sides of a matter and not the matter: 多少钱, 去哪办.
func Elliptical(question string) bool {
	a := aspectTable()
	u := newUtterance(strings.Map(letters, question))
	list, spots := a.find(u)
	if len(list) == 0 {
		return false
	}
	for _, found := range a.small.find(u) {
		for _, s := range found {
			mark(spots, s)
		}
	}
	return taken(spots) == len(spots)
}

// letters leaves out what is neither a letter nor a digit.
func letters(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return r
	}
	return -1
}
