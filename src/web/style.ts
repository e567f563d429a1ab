/** The style sheet of all pages. Colours have a contrast of 4.5 (text) or 3 (marks) on their background, in both schemes. */
export const STYLE = `
:root{color-scheme:light dark;--bg:light-dark(#fff,#14171c);--card:light-dark(#f6f8fb,#1c2129);--ink:light-dark(#1a202c,#e6e9ef);--dim:light-dark(#55606f,#a5afbd);--line:light-dark(#d5dae2,#39424f);--grid:light-dark(#e6e9ee,#272e38);--link:light-dark(#0b57a8,#7db8f5);--accent:light-dark(#0b57a8,#2f6db3);--pick:light-dark(#e3edfb,#20314a);--high:light-dark(#b3201a,#ff8a80);--medium:light-dark(#875a00,#f0b23c);--low:light-dark(#4a5568,#a5afbd);--bar:light-dark(#3a6ea5,#6aa5de);--out:light-dark(#b84a00,#ff9d5c);--s1:light-dark(#bfd0e4,#2c445f);--s2:light-dark(#8cabcd,#41699a);--s3:light-dark(#5280b4,#6a9ad0);--s4:light-dark(#2c5a90,#a4c8f0);--up:light-dark(#c8560c,#ff9d5c);--down:light-dark(#e0a070,#b56a35);--night:light-dark(#f1f3f6,#1d232c);--range:light-dark(#b9cfe8,#31496a);--ok:light-dark(#1b7a3d,#63c88a)}
*{box-sizing:border-box}
html{font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;background:var(--bg);color:var(--ink)}
body{margin:0;overflow-wrap:anywhere}
a{color:var(--link)}
h1{font-size:1.1rem;margin:0}h2{font-size:1.15rem;font-weight:400;line-height:1.4;margin:.2rem 0 .7rem}.title{font-weight:700;margin:0 0 .5rem}h3{font-size:1rem;margin:0 0 .5rem}h4{font-size:.86rem;margin:.8rem 0 .25rem}h3+h4{margin-top:0}
small{font-size:.82rem;color:var(--dim);font-weight:400}
.title small{font-weight:600}
code,pre,.address{font-family:ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",monospace;font-size:.93em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}.pane:focus-visible{outline:none}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.top{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:center;padding:.65rem 1.1rem;border-bottom:1px solid var(--line)}
.top p{margin:0;flex:1 1 18rem}.top nav{display:flex;gap:1rem}.top nav [data-current]{font-weight:700;color:inherit;text-decoration:none}
.lamp{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;background:var(--ok);margin-right:.35rem}.lamp.bad{background:var(--out);border-radius:0}
.pane{position:relative;padding:.9rem 1.1rem}
.filters{display:flex;flex-wrap:wrap;gap:.45rem;align-items:center;margin-bottom:.4rem}
#filter{font:inherit;width:14.5rem;max-width:100%;padding:.28rem .6rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--ink);visibility:hidden}
#filter::placeholder{color:var(--dim);opacity:1}
.script #filter{visibility:visible}
.chip{display:inline-flex;gap:.35rem;align-items:center;border:1px solid var(--line);border-radius:999px;padding:.12rem .6rem;font-size:.86rem;min-height:1.75rem;cursor:pointer}
.chip:has(:checked){border-color:var(--link);background:var(--pick)}
.chip input{margin:0;accent-color:var(--accent)}
.keys{color:var(--dim);font-size:.86rem;visibility:hidden}.script .keys{visibility:visible}
kbd{font:.8em ui-monospace,monospace;border:1px solid currentColor;border-radius:3px;padding:0 .25rem}
.caption,figcaption{color:var(--dim);font-size:.82rem;margin:.2rem 0 .7rem}
svg{display:block;max-width:100%}svg text{fill:var(--ink);font:11px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
.scatter,.plot{width:100%;height:auto}.plot{overflow:visible}
svg .tick{fill:var(--dim)}svg .axis{fill:var(--dim)}
.grid{stroke:var(--grid);fill:none}.first{fill:var(--pick);opacity:.55}svg .first-name{fill:var(--link);font-weight:600}
.limit,.limit2{fill:none;stroke:var(--out);stroke-width:1.3;stroke-dasharray:5 3}.limit2{stroke:var(--ok);stroke-dasharray:2 3}svg .limit-name{fill:var(--out)}svg .limit2-name{fill:var(--ok)}
.dot{stroke:var(--bg);stroke-width:1;fill:var(--low)}.dot.high{fill:var(--high)}.dot.medium{fill:var(--medium)}
a:hover .dot,a:focus .dot,a[aria-current] .dot{stroke:var(--ink);stroke-width:2.5}
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600}
.list-table th,.list-table td{padding:.42rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
.list-table thead th{font-size:.86rem;color:var(--dim);vertical-align:bottom}
.list-table small{display:block}
.list-table{table-layout:fixed;overflow-wrap:anywhere}.list-table th:nth-child(1){width:5rem}.list-table th:nth-child(3){width:26%}.list-table th:nth-child(4){width:4.4rem}.list-table th:nth-child(5){width:28%}.list-table .hours{vertical-align:middle}.list-table .sev{white-space:nowrap}.list-table thead th{white-space:nowrap}
.num{text-align:right;white-space:nowrap}
.open{font-weight:600;color:inherit;text-decoration:none}.open:hover{text-decoration:underline}
tr:has([aria-current]),tr:has(.open:focus-visible){background:var(--pick)}
.sev{font-weight:700;font-size:.88rem}.sev.high{color:var(--high)}.sev.medium{color:var(--medium)}.sev.low{color:var(--low)}
.tag{border:1px solid var(--high);color:var(--high);border-radius:999px;font-size:.78rem;padding:0 .4rem}
.tag.plain{border-color:var(--line);color:var(--dim)}
.strip{width:100%;height:16px;min-width:120px}
.cells path{stroke-width:13;stroke-dasharray:3.4 .6;fill:none}
.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}.s3{stroke:var(--s3)}.s4{stroke:var(--s4)}.up{stroke:var(--up)}.down{stroke:var(--down)}
.cells .day{stroke:var(--ink);stroke-width:.5;stroke-dasharray:none;opacity:.55}
.kicker{margin:0;color:var(--dim)}.back{float:right}
.actions{display:flex;flex-wrap:wrap;gap:.5rem;margin:0 0 .8rem}
button,.button{font:inherit;font-size:.9rem;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.3rem .65rem;text-decoration:none;cursor:pointer}
.primary{background:var(--accent);border-color:var(--accent);color:#fff}
button[data-copy],button[data-copy-of]{display:none}.script button{display:inline-block}
figure{margin:0}
.bar{fill:var(--bar)}.bars{stroke:var(--bar);fill:none}rect.out{fill:var(--out)}path.out{fill:var(--out)}.missing{stroke:var(--out);stroke-width:2}.night{fill:var(--night)}.range{fill:var(--range);opacity:.6}.chance{fill:var(--range);opacity:.75}
.expected{fill:none;stroke:var(--ink);stroke-width:1.2}.base{stroke:var(--dim);fill:none}.chance-line{fill:none;stroke:var(--out);stroke-width:1.6}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17.5rem),1fr));gap:.75rem;margin:.4rem 0 .9rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .85rem;min-width:0}.wide{grid-column:1/-1}
dl{margin:0}dl>div{display:grid;grid-template-columns:6.2rem 1fr;gap:.5rem;margin:.15rem 0}dt{color:var(--dim)}dd{margin:0;min-width:0}
.neighbours ul{list-style:none;margin:0;padding:0}.neighbours li{margin-bottom:.4rem}.neighbours .strip{max-width:340px}
.mark{color:var(--ok)}.failed .mark{color:var(--out)}.reason{margin:.1rem 0 .3rem;color:var(--dim);font-size:.88rem}
details{margin:.35rem 0}summary{cursor:pointer}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;overflow:auto;white-space:pre-wrap;max-height:24rem}
.numbers{font-size:.82rem;width:auto}.numbers th,.numbers td{padding:.08rem .6rem .08rem 0;border-bottom:1px solid var(--grid);font-weight:400;text-align:right}.numbers thead th{color:var(--dim)}.numbers tbody th{text-align:left}
.scroll{overflow:auto;max-height:30rem}.scroll th{white-space:nowrap}
.fleet-table{font-size:.88rem}.fleet-table th,.fleet-table td{padding:.1rem .5rem;white-space:nowrap;max-width:15rem;overflow:hidden;text-overflow:ellipsis}.fleet-table tbody{border-top:1px solid var(--line)}.fleet-table tbody:has(tr+tr){border-block:2px solid var(--line)}.fleet-table tbody th{font-weight:600}.fleet-table .hours{width:58%;max-width:none;padding:.1rem 0}.fleet-table thead th{color:var(--dim);font-weight:600;vertical-align:bottom}
svg.axis{width:100%;overflow:visible}svg.axis text{font-size:7px}
.page{display:none}.page:target{display:block}
main:has(.page:target) .panes{display:none}
.detail{display:none}.detail:target{display:block}
.notes li{margin:.2rem 0}
.site .page,.site .detail{display:block}.site>.pane{max-width:100rem;margin:0 auto}.site>.detail{max-width:70rem}
.steps{margin:0 0 .4rem;display:flex;gap:1rem}.steps kbd{visibility:hidden}.script .steps kbd{visibility:visible}
.views{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;align-items:center;margin:.2rem 0 .6rem}.views nav{display:flex;flex-wrap:wrap;gap:.8rem}.views [aria-current]{font-weight:700;text-decoration:none;color:inherit}
.search{display:flex;gap:.4rem;flex:1 1 16rem;max-width:34rem}.search input{flex:1}
input:not([type=checkbox],#filter){font:inherit;min-width:0;padding:.28rem .5rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--ink)}
input::placeholder{color:var(--dim);opacity:1}
.write{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}td .write{justify-content:end}form[aria-label^=Add]{display:block;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .85rem;margin:0 0 1rem}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.6rem;margin-bottom:.7rem}.fields label{display:grid;gap:.15rem;font-size:.86rem;color:var(--dim)}
.fault{border-left:4px solid var(--out);padding-left:.6rem}
.timeline{list-style:none;margin:0;padding:0 0 0 .7rem;border-left:2px solid var(--line)}.timeline li{margin:.2rem 0}.timeline small{display:block}
.health>div{grid-template-columns:9rem 1fr}.entries th{font-weight:400}
.list:has(#f-high:not(:checked)) .row.high,.list:has(#f-medium:not(:checked)) .row.medium,.list:has(#f-low:not(:checked)) .row.low,.list:has(#f-alone:checked) .row:not(.alone),.list:has(#f-kql:checked) .row:not(.kql),.list:has(#f-regularity:checked) .row:not(.regularity),.row.hidden{display:none}
@media(min-width:1100px){html:has(.panes),body:has(.panes){height:100%}body:has(.panes){display:flex;flex-direction:column;overflow:clip}main:has(.panes){flex:1;min-height:0}.panes{height:100%;display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr)}.panes>.pane{overflow:auto}.page:target{overflow:auto;height:100%}.details{border-left:1px solid var(--line)}.details:not(:has(.detail:target)) .detail:first-child{display:block}.panes .back{display:none}}
@media(min-width:1100px){.site .list{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr);grid-auto-rows:min-content;column-gap:1.4rem}.site .list>*{grid-column:1/-1}.site .list>.scatter,.site .list>.scatter+.caption{grid-column:1;align-self:start}.site .list>.scatter{grid-row:4}.site .list>.scatter+.caption{grid-row:5}.site .list>.list-table{grid-column:2;grid-row:4/7;align-self:start}}
@media(max-width:1099px){main:has(.detail:target) .list{display:none}main:not(:has(.detail:target)) .details{display:none}}
@media(max-width:640px){.entries thead{display:none}.entries tr{display:grid;border-bottom:1px solid var(--line);padding:.4rem 0}.entries .num{text-align:left}.scatter text{font-size:15px}.scatter text[transform]{display:none}.plot text{font-size:14px}.scatter a{stroke-width:4}.scatter .dot{stroke-width:.5}.pane{padding:.8rem .9rem}.list-table thead{display:none}.list-table tr.row{display:grid;grid-template-columns:4.3rem minmax(0,1fr) auto;border-bottom:1px solid var(--line);padding:.35rem 0}.list-table tr.row.hidden{display:none}.list-table td{border:0;padding:.1rem .3rem}.list-table .sev{grid-row:1/4}.list-table .where{grid-column:2}.list-table .num{grid-column:3;grid-row:1}.list-table .hours{grid-column:2/4;width:auto}.fleet-table,.fleet-table tbody,.fleet-table tr{display:block}.fleet-table thead{display:none}.fleet-table tr.row{display:flex;flex-wrap:wrap;gap:0 .5rem;padding:.25rem 0}.fleet-table tr.row.hidden{display:none}.fleet-table td,.fleet-table tbody th{padding:0;white-space:normal}.fleet-table .hours{width:100%;order:9}dl>div{grid-template-columns:5rem 1fr}}
@media print{html{color-scheme:light;font-size:10px}html,body{height:auto;overflow:visible}.panes{display:block!important;height:auto!important}.pane{overflow:visible!important;border:0!important;height:auto!important}.filters,.views,.steps,.actions,.write,.top nav,.back{display:none!important}.detail,.page,.details{display:block!important}.detail{break-before:page}.page{break-before:page}tr,figure,.card{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
@media(prefers-reduced-motion:no-preference){button:active{transform:translateY(1px)}}
`;
