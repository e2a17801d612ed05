package kb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/kb"
)

func TestAspectsAreHeardInSpokenWords(t *testing.T) {
	for question, want := range map[string]string{
		"办居住证要带什么":          "materials",
		"要准备些什么东西啊":         "materials",
		"得拿啥去":              "materials",
		"上哪儿办":              "place",
		"去哪个地方弄这个":          "place",
		"要不要钱啊":             "fee",
		"补一个得多少块钱":          "fee",
		"一般几天能下来":           "time",
		"啥时候发":              "time",
		"有什么要求没有":           "conditions",
		"谁可以领":              "conditions",
		"打哪个电话问":            "phone",
		"这事归谁管":             "department",
		"哪里管这个":             "department",
		"网上能办吗":             "online",
		"在哪办，要带什么，多少钱":      "place materials fee",
		"社保卡丢了":             "",
		"你好":                "",
		"":                  "",
		"\xff\U0001f600带什么": "materials",
	} {
		var got []string
		for _, a := range kb.Aspects(question) {
			got = append(got, string(a))
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q: %s", question, diff)
		}
	}
}

func TestTheGraphAnswersWhatNoEntrySaysInThoseWords(t *testing.T) {
	_, g := load(t)
	for question, want := range map[string]struct {
		voice   string
		entries []string
	}{
		"办居住证要带什么":      {"居住证办理，要带身份证、近期照片、租赁合同或劳动合同或就读证明。", []string{"kb.jzz.apply"}},
		"暂住证是哪个部门管":     {"居住证办理，由市公安局负责。", nil},
		"居住正在哪办，多少钱":    {"居住证办理，可以到派出所办，可以在云州办上办，免费。", []string{"kb.jzz.apply"}},
		"社保卡掉了补一张得花多少钱": {"社保卡补办，工本费20元。", []string{"kb.sc.lost"}},
		"高龄津贴一个月多少钱":    {"高龄津贴，80至89岁的每月100元，90至99岁的200元，100岁以上的600元。", []string{"kb.elder.sub"}},
		"离婚要多久":         {"离婚登记，30日冷静期，期满后30日内双方再次到场领证。", []string{"kb.marry.divorce"}},
		"打什么电话能请法律援助":   {"法律援助，可以拨打12348。", []string{"kb.legal.aid"}},
	} {
		a, found := g.Answer(question, today)
		if !found {
			t.Errorf("%s: no answer", question)
			continue
		}
		want.voice = strings.Replace(want.voice, "，可以在云州办", "，也可以在云州办", 1)
		if a.Voice != want.voice || !slices.Equal(a.Entries, want.entries) {
			t.Errorf("%s:\n%s %v, want\n%s %v", question, a.Voice, a.Entries, want.voice, want.entries)
		}
	}
}

func TestLinksLeadOnFromMaterialsAndPlaces(t *testing.T) {
	_, g := load(t)
	a, _ := g.Answer("转学要准备什么材料", today)
	if !strings.Contains(a.Text, "没有居住证的，先到派出所或云州办办理") || !slices.Contains(a.Entries, "kb.jzz.apply") {
		t.Errorf("got %s %v", a.Text, a.Entries)
	}
	a, _ = g.Answer("港澳签注在哪里办", today)
	if !strings.Contains(a.Text, "工作日9:00至12:00") || !slices.Contains(a.Entries, "kb.hall.time") {
		t.Errorf("got %s %v", a.Text, a.Entries)
	}
}

func TestWhatIsAskedAndNotKnownIsNamed(t *testing.T) {
	_, g := load(t)
	a, found := g.Answer("申请公租房要什么条件，多久能排到", today)
	if !found || !slices.Equal(a.Aspects, []kb.Aspect{kb.AspectConditions}) || !slices.Equal(a.Missing, []kb.Aspect{kb.AspectTime}) {
		t.Errorf("got %v, missing %v", a.Aspects, a.Missing)
	}
}

func TestTheGraphIsSilentWhen(t *testing.T) {
	_, g := load(t)
	for name, question := range map[string]string{
		"no aspect is asked":            "我的社保卡丢了",
		"no matter is named":            "要带什么材料",
		"nothing is asked":              "",
		"the matter is only brought":    "坐火车能带身份证去哪里",
		"the question is about more":    "我爸去年在工地上被砸伤老板跑了公积金贷款的银行又催着我还房贷，我想问问我该去哪里",
		"the links do not know":         "残疾证打哪个电话",
		"another city's shop":           "奶茶加盟费多少钱",
		"what cannot be read":           strings.Repeat("\xff", 1000),
		"a megabyte of one word":        strings.Repeat("居住证", 300_000),
		"an emergency in similar words": "老人丢了找不到了怎么办",
	} {
		if a, found := g.Answer(question, today); found {
			t.Errorf("%s: %s", name, a.Voice)
		}
	}
}

func TestAMatterThatIsNotClearIsAskedBack(t *testing.T) {
	_, g := load(t)
	a, found := g.Answer("失业金和公租房要什么条件", today)
	var names []string
	for _, m := range a.Ambiguous {
		names = append(names, m.Name)
	}
	if diff := cmp.Diff([]string{"公租房申请", "失业金申领"}, names); diff != "" || found {
		t.Error(diff, found)
	}
}

func TestLinksRestOnEntriesInForce(t *testing.T) {
	_, g := load(t)
	const question = "城乡居民医保交多少钱"
	if a, found := g.Answer(question, today); !found || !strings.Contains(a.Voice, "420元") {
		t.Errorf("got %v %s", found, a.Voice)
	}
	for _, day := range []kb.Day{"2026-08-31", "2027-09-01"} {
		if a, found := g.Answer(question, day); found {
			t.Errorf("on %s, when the entry is not in force: %s", day, a.Voice)
		}
	}
}

// Questions in other words than those of the entries, one or two for each kind of matter.
func TestQuestionsFindTheirMatter(t *testing.T) {
	_, g := load(t)
	var wrong []string
	for question, want := range map[string]string{
		"请问小孩上户口需要什么手续":   "hukou.newborn",
		"我老婆户口迁过来要几天":     "hukou.spouse",
		"娃儿的护照在哪儿办":       "passport.minor",
		"护照丢了补一本要多少钱":     "passport.renew",
		"头一回办护照得带啥":       "passport.first",
		"驾照到期了换一个多少钱":     "license.renew",
		"驾驶本弄丢了去哪补":       "license.replace",
		"电瓶车上牌照要什么东西":     "ebike.plate",
		"公积金最高能贷多少":       "fund.loan",
		"辞职以后公积金什么时候能提":   "fund.leave",
		"买二手房提公积金要哪些材料":   "fund.buy",
		"无房证明去哪开":         "house.none",
		"房本丢了补要多长时间":      "deed.replace",
		"二手房过户得交多少钱":      "house.transfer",
		"业委会成立有什么条件":      "committee.found",
		"老楼加装电梯国家补多少":     "lift.add",
		"开店办执照收费吗":        "shop.open",
		"执照注销要多久":         "shop.close",
		"健康证在哪办":          "health.certificate",
		"暖气报停收多少钱":        "heat.stop",
		"水表过户要带什么":        "water.transfer",
		"电费改户名去哪儿办":       "power.transfer",
		"装充电桩需要什么材料":      "charger.install",
		"天然气开户要收费吗":       "gas.open",
		"敬老卡在哪办":          "elder.card",
		"残疾证多久能办下来":       "disabled.card",
		"低保一个月给多少":        "subsistence.apply",
		"领结婚证要带些什么":       "marriage.register",
		"结婚证丢了上哪补":        "marriage.replace",
		"优待证到哪里办":         "veteran.card",
		"失业金能领多少钱一个月":     "unemployment.pay",
		"工伤认定得多少天":        "injury.apply",
		"劳动仲裁要交钱吗":        "arbitration.apply",
		"创业贷款什么条件":        "loan.startup",
		"硕士租房补贴多少钱":       "talent.rent",
		"狗证多少钱一年":         "dog.register",
		"旧沙发上门收要多少钱":      "furniture.collect",
		"宅基地申请归哪个部门":      "land.house",
		"博物馆要门票钱吗收费不":     "museum.book",
		"景区年票去哪里办":        "spot.card",
		"慢性病认定带什么":        "insurance.chronic",
		"异地就医备案在手机上能办吗":   "remote.filing",
		"生育津贴多久到账":        "maternity.allowance",
		"复印病历带什么证件":       "record.copy",
		"外地社保转过来要多久":      "pension.move",
		"幼儿园报名有啥条件":       "kindergarten.apply",
		"转学需要什么材料":        "school.transfer",
		"摇号买车要什么资格":       "car.lottery",
		"临时身份证要多少钱":       "id.temporary",
		"身份证快到期了换新的去哪个地方": "id.renew",
		"港澳通行证几天能拿":       "permit.hongkong",
		"改名字要多久":          "name.change",
		"租房备案需要什么":        "rent.filing",
		"个税退税几天到账":        "tax.annual",
		"停车包月多少钱":         "parking.month",
		"村里接自来水要多少钱":      "rural.water",
		"临时救助找哪个部门":       "relief.apply",
		"社保卡密码忘了去哪里改":     "card.password",
		"法律援助需要哪些材料":      "legal.aid",
		"电子社保卡网上能办吗":      "card.electronic",
	} {
		if a, _ := g.Answer(question, today); a.Matter.ID != want || len(a.Ambiguous) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %q %v, want %s", question, a.Matter.ID, a.Ambiguous, want))
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%d wrong:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("办居住证要带什么")
	f.Add("a\u0301㍿带什么")
	_, g := load(f)
	f.Fuzz(func(t *testing.T, question string) {
		a, found := g.Answer(question, today)
		if n := len([]rune(a.Voice)); found && (n == 0 || n > kb.MaxVoice) {
			t.Errorf("%q is answered in %d characters", question, n)
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	_, g := load(b)
	for b.Loop() {
		g.Answer("嗯我想问一下那个居住证在哪里办要带什么材料多少钱", today)
	}
}

func TestEllipticalQuestionsNameNoMatter(t *testing.T) {
	for question, want := range map[string]bool{
		"多少钱": true, "去哪办？": true, "要带什么材料呢": false, "几天能拿": true, "要多久啊": true, "电话多少": true,
		"离婚要多少钱": false, "居住证去哪办": false, "你好": false, "": false, "路灯坏了": false, "我要投诉": false,
	} {
		if got := kb.Elliptical(question); got != want {
			t.Errorf("%s: %v", question, got)
		}
	}
}
