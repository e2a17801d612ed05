package zh

import (
	"strings"
	"testing"
)

// pinyinOf writes how f reads a text: syllables joined in words, words apart.
func pinyinOf(f *Frontend, text string) string {
	var out []string
	for _, p := range parts(f.Normalise(text)) {
		if p.kind != han {
			out = append(out, p.text)
			continue
		}
		for _, w := range f.words(p.text) {
			out = append(out, strings.Join(w.said, ""))
		}
	}
	return strings.Join(out, " ")
}

func TestCharactersWithSeveralReadings(t *testing.T) {
	const table = `
		银行 yin2hang2, 行业 hang2ye4, 不行 bu4xing2, 重新 chong2xin1, 重要 zhong4yao4, 重复 chong2fu4, 办理 ban4li3, 长期 chang2qi1
		校长 xiao4zhang3, 增长 zeng1zhang3, 处理 chu3li3, 办事处 ban4shi4chu4, 好处 hao3chu4, 地方 di4fang5, 慢慢地 man4man4de5
		得到 de2dao4, 觉得 jue2de5, 跑得快 pao3de5kuai4, 还有 hai2you3, 还款 huan2kuan3, 归还 gui1huan2, 为了 wei4le5, 因为 yin1wei4
		认为 ren4wei2, 成为 cheng2wei2, 数字 shu4zi4, 数一数 shu3yi5shu3, 调查 diao4cha2, 调解 tiao2jie3, 调整 tiao2zheng3, 空调 kong1tiao2
		参加 can1jia1, 参差 cen1ci1, 差别 cha1bie2, 出差 chu1chai1, 差不多 cha4bu5duo1, 当地 dang1di4, 当作 dang4zuo4, 便宜 pian2yi5
		方便 fang1bian4, 转账 zhuan3zhang4, 转圈 zhuan4quan1, 应当 ying1dang1, 反应 fan3ying4, 供暖 gong1nuan3, 供给 gong1ji3, 提供 ti2gong1
		薄弱 bo2ruo4, 分析 fen1xi1, 分量 fen4liang4, 部分 bu4fen5, 间隔 jian4ge2, 时间 shi2jian1, 角色 jue2se4, 角度 jiao3du4, 教育 jiao4yu4
		教书 jiao1shu1, 结婚 jie2hun1, 结实 jie1shi5, 尽管 jin3guan3, 尽力 jin4li4, 卡车 ka3che1, 关卡 guan1qia3, 落户 luo4hu4, 落后 luo4hou4
		没有 mei2you3, 没收 mo4shou1, 模样 mu2yang4, 模型 mo2xing2, 宁可 ning4ke3, 率领 shuai4ling3, 效率 xiao4lv4, 似的 shi4de5, 相似 xiang1si4
		属于 shu3yu2, 说服 shuo1fu2, 游说 you2shui4, 提防 di1fang5, 提高 ti2gao1, 系统 xi4tong3, 系鞋带 ji4xie2dai4, 兴趣 xing4qu4
		高兴 gao1xing4, 血液 xue4ye4, 要求 yao1qiu2, 切断 qie1duan4, 占用 zhan4yong4, 占卜 zhan1bo3, 涨价 zhang3jia4, 着急 zhao2ji2
		睡着 shui4zhao2, 正月 zheng1yue4, 正在 zheng4zai4, 症结 zheng1jie2, 中奖 zhong4jiang3, 中间 zhong1jian1, 种类 zhong3lei4, 种地 zhong4di4
		住宿 zhu4su4, 一宿 yi4xiu3, 钻石 zuan4shi2, 钻研 zuan1yan2, 单位 dan1wei4, 姓单 xing4shan4, 大都 da4dou1, 大夫 dai4fu5, 了解 liao3jie3
		量体温 liang2ti3wen1, 曾经 ceng2jing1, 姓曾 xing4zeng1, 乘公交 cheng2gong1jiao1, 秘鲁 bi4lu3, 会计 kuai4ji4, 产假 chan3jia4
		节假日 jie2jia4ri4, 办不了 ban4bu5liao3, 头发 tou2fa5, 变更 bian4geng1, 商铺 shang1pu4, 看守所 kan1shou3suo3, 露天 lu4tian1
		合同 he2tong5, 钥匙 yao4shi5, 朝阳 chao2yang2, 占道经营 zhan4dao4jing1ying2, 预防接种 yu4fang2jie1zhong4`
	f := frontend(t)
	for _, item := range strings.FieldsFunc(table, func(r rune) bool { return r == ',' || r == '\n' }) {
		word, want, _ := strings.Cut(strings.TrimSpace(item), " ")
		if got := pinyinOf(f, word); got != want {
			t.Errorf("%s is read %q, want %q", word, got, want)
		}
	}
}

func TestReadingsDependOnTheNeighbours(t *testing.T) {
	f := frontend(t)
	for text, want := range map[string]string{
		"我想还钱给银行":  "wo3 xiang3 huan2qian2 gei3 yin2hang2",
		"还需要带身份证":  "hai2xu1yao4 dai4 shen1fen4zheng4",
		"为您转接人工":   "wei4nin2 zhuan3jie1 ren2gong1",
		"时间为三天":    "shi2jian1 wei2 san1tian1",
		"他快速地处理了":  "ta1 kuai4su4 de5 chu3li3 le5",
		"地里种了菜":    "di4li3 zhong4 le5 cai4",
		"这是三只猫":    "zhe4 shi4 san1zhi1 mao1",
		"几种方式":     "ji3zhong3 fang1shi4",
		"还得去一趟":    "hai2dei3 qu4 yi2tang4",
		"孩子长高了":    "hai2zi5 zhang3 gao1 le5",
		"当天就能办":    "dang4tian1 jiu4 neng2 ban4",
		"请稍等一会儿":   "qing3 shao1 deng3 yi2hui4er5",
		"解先生您好":    "xie4xian1sheng5 nin2hao3",
		"钱什么时候还":   "qian2 shen2me5 shi2hou5 huan2",
		"改不了名字":    "gai3 bu4 liao3 ming2zi5",
		"找不着地方":    "zhao3bu5zhao2 di4fang5",
		"我得再问问":    "wo3 dei3 zai4 wen4wen5",
		"档案调到外地":   "dang4an4 diao4 dao4 wai4di4",
		"请您系好安全带":  "qing3 nin2 ji4 hao3 an1quan2dai4",
		"到户籍地派出所":  "dao4 hu4ji2di4 pai4chu1suo3",
		"清清楚楚地告诉您": "qing1qing1chu3chu3 de5 gao4su5 nin2",
		"三亩地":      "san1 mu3 di4",
		"墙倒了":      "qiang2 dao3 le5",
		"谁负责供水":    "shei2 fu4ze2 gong1shui3",
		"二零二六年一月":  "er4 ling2 er4 liu4 nian2 yi1yue4",
		"一千五百二十元":  "yi4qian1wu3bai3er4shi2 yuan2",
		"百分之三点一":   "bai3fen1zhi1 san1dian3 yi1",
		"拨打12345":  "bo1da3 yi1 er4 san1 si4 wu3",
		"12月1日9点半": "shi2er4 yue4 yi1ri4 jiu3dian3 ban4",
	} {
		if got := pinyinOf(f, text); got != want {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestTonesOfBuAndYi(t *testing.T) {
	f := frontend(t)
	for text, want := range map[string]string{
		"不客气": "bu2ke4qi5", "不好": "bu4hao3", "不干净": "bu4 gan1jing4", "行不行": "xing2 bu5xing2", "不是": "bu2shi4",
		"一次": "yi2ci4", "一直": "yi4zhi2", "一天": "yi4tian1", "一起": "yi4qi3", "一个人": "yi2ge5 ren2", "一百": "yi4bai3",
		"看一看": "kan4 yi5 kan4", "这一次": "zhe4 yi2ci4",
		"第一次": "di4yi1ci4", "星期一": "xing1qi1yi1", "统一办理": "tong3yi1 ban4li3", "十一月一日": "shi2yi1 yue4 yi1ri4",
		"一楼": "yi1lou2", "一点五": "yi1dian3 wu3", "一百一十一": "yi4bai3yi1shi2yi1", "一千一": "yi4qian1yi1", "万一": "wan4yi1",
	} {
		if got := pinyinOf(f, text); got != want {
			t.Errorf("%s is read %q, want %q", text, got, want)
		}
	}
}

func TestPlacesOfYunzhou(t *testing.T) {
	f := frontend(t)
	for text, want := range map[string]string{
		"长乐街道": "chang2le4 jie1dao4", "长乐西路": "chang2le4 xi1lu4", "长兴社区": "chang2xing1 she4qu1", "长安里": "chang2an1 li3",
		"兴华路": "xing1hua2lu4", "杨柳铺街道": "yang2liu3pu4 jie1dao4", "甜水巷": "tian2shui3xiang4", "碑巷社区": "bei1 xiang4 she4qu1",
		"石榴湾街道": "shi2liu5wan1 jie1dao4", "泊海路": "bo2 hai3lu4", "铁佛街道": "tie3 fo2 jie1dao4", "双创街道": "shuang1chuang4 jie1dao4",
		"大荷乡": "da4 he2 xiang1", "马蔺镇": "ma3 lin4 zhen4", "云谷学校": "yun2 gu3 xue2xiao4", "红砚路": "hong2 yan4 lu4",
	} {
		if got := pinyinOf(f, text); got != want {
			t.Errorf("%s is read %q, want %q", text, got, want)
		}
	}
}
