package slot

import "strings"

// surnames are the family names most of the country bears, compound ones in compoundSurnames.
const surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边幺闫肖付代邬宗穆"

var compoundSurnames = []string{"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "夏侯", "慕容", "端木"}

var titles = []string{"老师", "医生", "大夫", "护士长", "护士", "师傅", "经理", "主任", "局长", "科长", "队长", "所长", "站长", "校长", "院长", "书记", "村长", "主席", "老板", "女士", "先生", "大姐", "阿姨", "警官", "律师", "教练", "工程师", "法官", "同志"}

// surnameAt returns the length of the surname at i, 0 if none.
func (s sentence) surnameAt(i int) int {
	if i < 0 || i >= s.len() {
		return 0
	}
	if n := s.hasAny(i, compoundSurnames...); n > 0 {
		return n
	}
	if strings.ContainsRune(surnames, s.r[i]) {
		return 1
	}
	return 0
}

// Characters that follow a name and are no part of one.
const afterName = "的了在是说来给把就也还都很和跟去让有吗呢吧我你他她们这那不没被对到从要会人干住欠骗打电联手电身今昨年月号一二三四五六七八九零十0123456789"

// afterPerson are what follows a full name that comes after an office: 村长王建国把低保….
var afterPerson = []string{"推荐", "搭", "养", "堵", "卷", "骗", "把", "他", "收", "说", "在", "不", "给", "打", "骂", "和", "跟", "私", "拿", "利用", "贪", "欠", "让", "对", "态度", "有", "强", "占", "虚"}

// beforeNickname are the characters after which 小 or 老 begins a name: 找小王; so do posts.
const beforeNickname = "的是叫找给跟和那个员"

// posts are what a nickname comes after: 网格员小李, 物业老张.
var posts = []string{"民警", "交警", "网格员", "社区", "物业", "窗口", "管家", "客服", "楼管", "队长", "房东", "村主任", "村长", "导游", "销售", "中介", "保安", "工头", "司机", "社工", "辅警", "志愿者", "医生", "护士", "老板", "师傅"}

// afterNickname are the characters that end a nickname: 小王态度不好.
const afterNickname = "的是说来给把就也还都很和跟去让态特晚早每今昨帮师点真老总又"

// frequentSurnames are the ones of nicknames: with a rare one 小 and 老 are mostly part of a word.
var frequentSurnames = surnames[:60*len("王")]

// offices are what a full name comes after when one of afterPerson follows it.
var offices = []string{"村长", "村干部", "会计", "村主任", "支书", "书记", "包工头", "局长", "主任", "站长", "所长", "校长", "老板", "司机", "民警", "医生", "住户", "业主", "户主", "经理", "负责人", "工头", "房东", "队长"}

// afterDoer are what follows the name of who did it: 让高满仓给占了.
var afterDoer = []string{"给", "把", "打", "骂", "占", "骗", "拿"}

// beforeLocal are what a full name at the end of a clause comes after: 上窑村的刘保田.
var beforeLocal = []string{"村的", "村里的", "队的", "所的", "街道的", "社区的", "有个叫", "的叫", "个叫"}

// introductions are what a name comes after anywhere, the longer of two with one beginning first.
var introductions = []string{"名字叫", "名叫", "姓名是", "联系人是", "联系人叫", "联系人改成", "联系人改为", "联系人换成", "联系人", "我叫", "他叫", "她叫", "老板叫", "老板是", "人叫", "司机叫", "姓名"}

// statements are introductions in the answer to the question for the name.
var statements = []string{"我叫", "名叫", "名字叫", "名字是", "叫", "联系人是", "联系人改成", "联系人", "本人"}

// answerLeads begin an answer that is nothing but the name: 免贵姓王.
var answerLeads = []string{"我是", "我姓", "免贵姓", "姓", "是", "嗯", "就是"}

// beforeFullName are what a full name with a title may come after: 感谢李大海医生.
var beforeFullName = []string{"叫", "是", "找", "的", "有个", "那个", "表扬", "感谢", "谢谢", "给"}

// wordBeforeSurname are characters that make a word with a surname after them: 班主任 is no Mr 任.
var wordBeforeSurname = []string{"主", "责", "班", "高", "小", "公", "电"}

// wordSurnames are surnames that make a word with a title after them: 车队长 is no Mr 车.
const wordSurnames = "车房向单路管查时高华代游安"

// people finds those who are named: by surname and title, by 小 or 老 and surname, by 叫.
func (s sentence) people(taken func(i int) bool) []Found {
	var found []Found
	for i := 0; i < s.len(); i++ {
		from, to := s.personAt(i)
		if to == from || taken(from) {
			continue
		}
		found = append(found, s.found(Person, s.text(from, to), from, to, 0.8))
		i = to - 1
	}
	return found
}

func (s sentence) personAt(i int) (from, to int) {
	if n := s.surnameAt(i); n > 0 && !s.wordBefore(i) {
		for given := 0; given <= 2; given++ {
			j := i + n + given
			if j > s.len() || s.broken(i, min(j+1, s.len())) {
				break
			}
			t := s.hasAny(j, titles...)
			if t > 0 && (given == 0 || s.nameMayBegin(i) && !strings.ContainsAny(s.text(i+n, j), afterName+"请找想帮")) && !s.word(i, j) {
				return i, j + t
			}
		}
	}
	if (s.r[i] == '小' || s.r[i] == '老') && (s.gap[i] || strings.ContainsRune(beforeNickname, s.r[i-1]) || s.endsWith(i, posts...) > 0) {
		if s.surnameAt(i+1) == 1 && !s.gap[i+1] && strings.ContainsRune(frequentSurnames, s.r[i+1]) && s.nameEnds(i+2) {
			return i, i + 2
		}
	}
	if s.r[i] == '叫' && s.gap[i] {
		if j := s.nameFrom(i + 1); j >= i+3 && (j == s.len() || s.gap[j]) {
			return i + 1, j // 改成我老公 叫赵志刚
		}
	}
	if n := s.hasAny(i, offices...); n > 0 && s.surnameAt(i+n) > 0 && !s.gap[i+n] {
		if j := s.nameFrom(i + n); j == i+n+3 && s.hasAny(j, afterPerson...) > 0 {
			return i + n, j
		}
	}
	if s.has(i, "是") && s.endsWith(i, "不") == 0 { // 是孙国梁不是孙国良
		j := s.nameFrom(i + 1)
		if k := s.nameFrom(j + 2); j > i+2 && s.has(j, "不是") && soundOf(s.r[i+1:j]) == soundOf(s.r[j+2:k]) {
			return i + 1, j
		}
	}
	if s.endsWith(i, "让", "被") > 0 {
		if j := s.nameFrom(i); j == i+3 && s.hasAny(j, afterDoer...) > 0 {
			return i, j // 让高满仓给占了
		}
	}
	if s.endsWith(i, "叫") > 0 && s.hasAny(i, "小", "阿") > 0 && s.nameEnds(i+2) && s.surnameAt(i) == 0 && i+2 <= s.len() {
		return i, i + 2 // 叫小龙
	}
	if s.endsWith(i, beforeLocal...) > 0 {
		if j := s.nameFrom(i); j == i+3 && s.gap[j] {
			return i, j // 上窑村的刘保田, 办事的叫赵立强
		}
	}
	if n := s.hasAny(i, introductions...); n > 0 {
		if j := s.nameFrom(i + n); j > i+n {
			return i + n, j
		}
	}
	return i, i
}

// nameMayBegin reports whether a full name is expected at i, which inside a sentence is rare.
func (s sentence) nameMayBegin(i int) bool {
	return s.gap[i] || s.endsWith(i, beforeFullName...) > 0
}

// nameFrom reads a name after 叫: a surname and one or two more characters, or a nickname with one.
func (s sentence) nameFrom(i int) int {
	n := s.surnameAt(i)
	if n == 0 {
		return i
	}
	j := i + n
	for j < s.len() && !s.gap[j] && j-i-n < 2 && !strings.ContainsRune(afterName, s.r[j]) {
		j++
	}
	if j == i+n {
		return i
	}
	return j
}

func (s sentence) nameEnds(i int) bool {
	return i >= s.len() || s.gap[i] || strings.ContainsRune(afterNickname, s.r[i]) && s.hasAny(i, "师兄") == 0
}

// wordBefore reports whether the character at i goes with the one before: 班主任 is no Mr 任.
func (s sentence) wordBefore(i int) bool {
	return !s.gap[i] && s.endsWith(i, wordBeforeSurname...) > 0
}

// word reports whether a supposed surname is part of a word: 管经理, 车队长, 安主任.
func (s sentence) word(i, j int) bool {
	return j == i+1 && strings.ContainsRune(wordSurnames, s.r[i]) && !s.gap[i]
}

// radicals spell a surname by its parts, the way people tell it from others of its sound.
var radicals = []struct{ said, surname string }{
	{"弓长", "张"}, {"立早", "章"}, {"木子", "李"}, {"十八子", "李"}, {"耳东", "陈"}, {"包耳陈", "陈"}, {"禾呈", "程"}, {"言午", "许"}, {"双人余", "徐"}, {"双木", "林"}, {"口天", "吴"}, {"三横一竖", "王"}, {"三横", "王"}, {"草头黄", "黄"},
	{"古月", "胡"}, {"木土", "杜"}, {"草肃", "萧"}, {"走肖", "赵"}, {"文刀", "刘"}, {"卯金刀", "刘"}, {"关耳", "郑"}, {"人禾", "余"}, {"人则", "俞"}, {"干钩", "于"}, {"虞姬", "虞"}, {"木易", "杨"}, {"三点水江", "江"}, {"美女姜", "姜"},
	{"草头蒋", "蒋"}, {"双口", "吕"}, {"四维", "罗"}, {"子小", "孙"}, {"革斤", "靳"}, {"雨田", "雷"}, {"西早", "覃"}, {"西贝", "贾"}, {"公羽", "翁"}, {"丘山", "岳"}, {"两点马", "冯"}, {"两点水", "冯"}, {"三点水沈", "沈"}, {"三点水汪", "汪"},
	{"耳火", "耿"}, {"方块田", "田"}, {"又耳", "邓"}, {"登耳", "邓"}, {"草办", "苏"}, {"草头苏", "苏"}, {"人可", "何"}, {"山佳", "崔"},
}

// captureName reads the answer to "请问您贵姓": 我姓张弓长张叫张伟伟大的伟.
func (s sentence) captureName() (name string, repaired, ok bool) {
	surname := ""
	for _, r := range radicals {
		if s.contains(r.said) {
			surname = r.surname
			break
		}
	}
	from, to := s.statedName()
	if to == from {
		if surname == "" {
			return "", false, false
		}
		return surname, false, true
	}
	for _, r := range radicals {
		for i := from + 1; i < to; i++ {
			if s.has(i, r.said) {
				to = i
			}
		}
	}
	r := append([]rune{}, s.r[from:to]...)
	if surname != "" && r[0] != []rune(surname)[0] {
		if soundOf(r[:1]) != soundOf([]rune(surname)) {
			return surname, false, true
		}
		r[0], repaired = []rune(surname)[0], true
	}
	for i := 1; i < len(r); i++ {
		if c := s.described(r[i], to); c != 0 && c != r[i] {
			r[i], repaired = c, true
		}
	}
	return string(r), repaired, true
}

// statedName finds the name itself: after 叫, else a whole answer, else after 姓.
func (s sentence) statedName() (from, to int) {
	from, to = 0, 0
	for i := range s.r {
		if n := s.hasAny(i, statements...); n > 0 {
			if j := s.nameFrom(i + n); j > i+n {
				from, to = i+n, j // the last one counts: 我叫张三 不对 叫章三
			}
		}
	}
	if to > from {
		return from, to
	}
	for i := range s.r {
		if a, b := s.personAt(i); b > a {
			return a, b
		}
	}
	lead := s.hasAny(0, answerLeads...)
	if j := s.nameFrom(lead); j > lead && (j == s.len() || s.gap[j]) {
		return lead, j
	}
	if n := s.surnameAt(lead); n > 0 && (lead > 0 || n == s.len()) {
		return lead, lead + n
	}
	return 0, 0
}

// described finds what a character of the name was explained with: 伟大的伟 proves 伟 for a 维.
func (s sentence) described(c rune, from int) rune {
	for i := from; i+1 < s.len(); i++ {
		if s.r[i] != '的' || soundOf(s.r[i+1:i+2]) != soundOf([]rune{c}) {
			continue
		}
		for j := max(from, i-4); j < i; j++ {
			if soundOf(s.r[j:j+1]) == soundOf([]rune{c}) {
				return s.r[j]
			}
		}
	}
	return 0
}
