# Module 08, training. Generated from source/08_training.py by `tito lib`: edits here are lost.


# cell: imports
import math
import os
import sys
import time
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tinytorch_lib.core.activations import Activation
from tinytorch_lib.core.autograd import no_grad
from tinytorch_lib.core.layers import Layer, find_members
from tinytorch_lib.core.optimizers import LRScheduler, Optimizer, checked_number
from tinytorch_lib.core.tensor import Tensor, generator


# cell: digits-data
import base64
import zlib

# 64 rows of pixels (each for all images, which packs best) and a row of labels; packed with zlib, written as text.
# The numbers are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998), UCI
# Machine Learning Repository, doi.org/10.24432/C50P49, licence CC BY 4.0; in the order in which scikit-learn gives them.
_DIGITS = (
    "c-ri}+p-)vt}N)hgSh(tf9*U(X0EkVs@>Id+S>Na5zQn;MleVa1Q{gYP62<?pY$jFNq^Fx^d|uw>vh#Ww>HMt@Af@+128_<?en9*a?R&K|6G5o=jYGydA>ha?VW4wZ~5E#F2?L={j1FRv;6k;V|=f>W6Xb{i1xQXKEikOucrRCUHvbwKX=CXu8{UWRSf{G{r>*H)2%;*Y5%yaf3MDeTf*^os%!sFneF$vTK^Y4*?yJaV{zl7q0ztF-Y-`J7{AeGUzp!Ax4+TU`itmamtXJq{;iE)(zfwb{Xg}>_>H>TPv!S-Hu3)FSCRkP{`RA{TKj(aHrDo|oc1$c|D_Mcdm#OsWqQMUBzrZtz5BJJy|vVTv7O$Zc8vBH@y<kl72aF#6HUH1bbiy>&uQ>!@V_@`+RwlK^^p0pg|CjA?bAhnvF6e6sHgv!A}0E4ZfWc9=7Oh^)_*75_!~*(yNc&)Y&_-l{`=wAzA5&v>HKAiYaa{jzkThStP7a<t4=V{|5nZYTN{6wGZt{*IM*81g`?>n5P>)7)gFP`ajpTlx6m6fp1M?b62QVnG!HE3#6Sc(5Xg&xi)v^dxIizo(I;A6Y>WjTtDTM_*!x<JAPQsbj%`S2U#pX=R^Ph=rzx><d@bv^)2lRr*0I5<9J)FnBNeych6%ucSqp3625_p^w7}>%9b-*w#U8uu3Ee2nJ{Llo&Dn1sdtlu&=fc_TZ1h!Y%rjxb&I)b4w~5x*ST<`M42WX%;n3bT27L6fb{kE^fqqWKY0x$Yuo~{g5qRtE%ytyg+gby6V7K1JTq(`;&a;5F_dxIFeVlm?#=u-a?@-KfuC|y14acy7jXN<h5y0Ta2D$*<hQaz6*bBX{CHwT&Zo3%RYmC4`TQWML&n~ma?a~K2u;ysi+Zz4iK*wlvyvO9Y*!SS}wl<pX**iMcoIo23Q#v{@70?ZBx~30ctciiMY+z$foU<pi^@TNMBN_$<ddyny6;hMd=H9IjjMn#Q)6m-muz`NZoC9df7l3UC3u9uVbyWbp8GwT;GNG9BS%jTgfoN;2J<B2Ip!G(BL(p4~y}ge<I%W*JYj-b2opea)5kMN+I{gHV^G5Ic_JwZHHa9xX#EFgGnisIxrpE4$w$XsuwKlSia|U_gZJ)C(0(T76aaEh|eNMwTP->kML#&I;cF=mmS}x+bLRCf^Wx&=x`ozF(*qYs8^8#D+)|s1t-EJ~gZOGck`j&&!NBS7CvD&J;Ts96g*2G@@+z#w(8@Jij@YaBFfaR`feNBbdFf@%}Z9?G<E24WF)&Z%zj*2u?w%)Tikr!)=-T^!Cu~ZIJQ0N}_9`-ytPT=^}4w1NH)ozL_^9BImZaw$fb(<raN4tQ|bH;*U4J-x{kOEeWisMOG^s9LT=m|&70QLp3rT{ar``!0$3bKzg1~B%$XkGPeRT$*>()SX*$&7y1gd<K9K)XvH*jOF&T<p=sfN{j`?ULvdt?Pu!@P@et=&;^~b<nYQYtk(*q~Deu7)=smQ~@*;RE9bF>`<IjR-M|>arsQcw$L%KfO!Q5jEml?MOD{8>)5N`HnC<iL_=?Vv<a-<btrTJIDyrHjRsK?xXbG_AYc|(761htZEZ{(SilxGHc+om-VvOJQJCw<@G}gj_10wi#%;%BLIl#M%h?(jZPh%h<~-BSEsW7bny#p`>n^sn`@EQIK<%iEI(F{dI5r!gbDY-t!V#>iSbc8?MygiRsgQ-aTi5VeO<mG2yd*?UMyEqUEHb#3q#o+UC1<Nz!=)vfRt34Q=5<s=AmQ0ktJ=BB#xOSyR(Dcr!KiAyqI3`6DfDUKAP1|wE|QD8A{^m^WJCrTWK@NKLZY;i<<*!`Rm9Hh1y(U4J;5YF!Z}Oyuyqf!DijAQyz*63x~E0bC8!=?1;agSGVOR6-9*F~<$j!2sSzv-2Ix$Z=@Go8lER=>x0ytQ(NnWbFIj03rex>|57O?cGT+_eRw2EI`Oc7_iHXsd#S~M^%<!wla$ilnWK~u9jnXnrja*(n**!DjWO3OI+l5<DJ$vuPbIfzQ&5+(#sE-mAXf5>!tBjkOwd@9!VRpST%(56>N(ndJdT(lJuxOb(j)z~DeO#}Ul+#$d%p><HM#ZjeRd&)?;Wx}8+?910dc$js%Iq<zbVR5PVP$hSZ^a5wXEaB#oGsxq=eVvxmbqVv%-B&o^|YqEAU)mmgtK;+%Yq+E&zVYYEWf-eC1h6P^0MYJ%#w6wh0&A3VqamE5k}Eat)Na%9m*oJg2l^HMv|n+2|XT+s4TxxbS7J*^O6?3vPJnx7g82oyh!zHId7^-F{W!)h7@}QBh$(5m04Bp=9w9GibY;B>6>0&N!+wi<;hE@9-~+3+!+;7%UWflG3i>qFP)^*c{Rg=?sTc}Vrs=MFO~;W^twl7*``NUjnYa|g(Q<nlFU3&Ucw@iSyeY#a--7RB1-7D$fT0GjFlv<^g7jj)y>5cue?k!8zV@QRP%i+vobQ%Z{{Gqd{&X}OjcG}vfYeH`XWh6khkd7552<kay!LIr>Dm_&LV^KK_-JmZ_Z9*MH<=ZK@wyuhP)b@p<bOvG9$@KvN1^(Tc%GhIxoqnK_QceOp>7va+544$u=U3WEgwZvbs4)dYHSSs2bOKQRSMM;pKL3xziRZ!r{S^S!@-IAk~XInlL>s!w^|9;sn7!xT_=GOXIY-x17qzkPNXyzoE=vB`A%h=CKdUS#0#9v&t*yO^GOy!5~@XMX4l7+c$gi2C3yKq%nkELf)H|rCy8Sj9`*Cna3(ruO}T9)F@%>EM~d~yLv`=@}?z|xza8DxL;;km_}GSJDH8;MlENSSCCqeV$d~wgm=2{3@3ZjVuUi;=tF6mH!2Jfg36Y~s+h)AE}8R~P*Su-czH2k5m{uG->_sR)o>$Sr`#~LWNBy7>iI}iGGdXrY?E~vQDkM0tUP+F?%GbyiseTtnHf5lCV4WZZnCi?_Kc*GURCOWu(e}%rscL;MmuzvpA*CH88$+a?nRb5^Gu~jZTO-~gwmo`Rf$gDjF7aK4SO($H_|KQRuz+__ZbIqilmv3dM3Y^yNpJ!D&Alfl>wIVkZx*z$WvKlI-PNy!IQ;1SzNI^JVnAeblwm#s~&Etsn?w8+ahkdd0wi_;n^MABRsEEJhrFV_wY+k>y(q`J!olna&Ol(CXKmzwkk=BTgHr%=vITpszlZdlJr(CtY^488C6MZ#qwnp!py)S=@m-W&J{Zt8I_&kedcD2ib=+;l+380Gt}!kPljht-<gqKQmh)R@F-Sw@?<$TVR=M~)7(Q?j9V-xi)0xa>0~v)jx(fajKgg7h#XeFJdt81McOhi#?E>=kH)iZl~<X&^HPGbq6n5(ZM_U8U4>w2GRulVzvX>JCRS9CtiaGvscB1FPAwse<(G`AQ&|>b5h0qaV#{Z7m&qy*KTW+{C2yc<251`4s%)Wk)4kHFv}7iWIP`OIt_A5Ds?45d*J(cBmjjj27%iQZz1(Z*1f9VpM?!*e7gNi9MzSgGO0n1|aWu#*wtY7l+_xv`#-iGdU6n~PNZS_2oT8M?43`S^>7ANAxy8fG$*SYdlpI-6a>>EE4((Z+#Yw9h&LT-2!BqF;tzadYqRt@6BCE&<t9U-cx2n{bWJP*CWfYyk^omP*f-F+$mDDPdRY?Xj;#!c!sAx`MGMLjANiLSyA&s%=PiNCIm}F$V76Or(nML1mGcCxVXXR#QC@q{$FZRkPTGC#bvZ_3iH3U8x!Q09OET;8!yfN~Gd&vsVs6)CBxw|um%4jr_+M49OyDVCarJFOFGX}5cqH@QQ<t|oA*F|CVqVQIdx5`QnHzVSDdK_M6Y7IuxuaPUm$&yPa)2;5RF!RGKvWXk+p(vfaJUrK+bxN(I7VnB;6tzNHE+$C`%c7jCgq>32Lg(i2X2PsZM40;uOUv#>vNRhuZxhEQ8O*&}UFR{1hHOu#dPNm^l@URsCf(G@4DReLtICH|L>+0%8vr&~;5IhBI7Id{5*VQL-N7^4a&FwwT)A?EwKn%Y69D#cpvNvCa!jn4nBr@xXbS-16HTWB(UwS71J(qZ%0j`1Vsx}<2W)Lj<k%z78V;-w"
    "Z4Ursnb~L)eE<n;Am$ptgl7Xg(4YH-QG#R}O-z~)K&;a)0L(M2wb8KAMbMC7EKDd0swFWe3iR$PZl8J76}a@kSm?}gvY{Jo0}WuCOSo>=b*t@T21IXx(H#Kbih#5NqFY0f#LUi?enDh&oGa}Bh<OiMpdq)ffhM#>8>8Vwb(03b4?55essn9otYSL_L&J>;Y~3A#!IT9!kZAB^O&A7(GGfdFowBt93o(1hM&IzwofEC026vmr5Uw=60I7~P8+5h{?49L`y%hz+4k-FS$N&gA*c-kDA`q836-fYy333-gAv0!8>3Ilt?$y>Z@YI-1%1|>$lGvTIwiQ{lHqW4Pn}SBW4Zv~Xh`MvFW<<i-aUCTDfGaHo25|zlt_)fbg2AzPF3><Eh79yYtQ8_?;Ig}yNr4A)@0z_P7Y+bz0*t<e>>Ys4z1l^4Vip>c6YWkr9Swc->D~o0iFuH0JkC~YTVDyF_rTs5PdvvP2GCB2w*j%jY-hF&1X~CA3Ir`mLj(Fi^(H7Bz~Mk219!l^Mn`Wx(137&05Gi+z>>E6#RZYl+UTnhL`Q1|HU|K55DjCm6?F;?j<GI8%k{p(Iz%U+yZ7i5Jpk*DMF6LvnU9U`4iv`dqKE<OXz1vHjSH?Zyv40U>20{e!DxFr!I**S(@DD89-*yawF<HpT0b3(b9Ttu%{!O$0qb{+4%ylO);taL1EM!2CwCT9?wAOzPK<#z;El+ER#OJS05&hO<F+oS?L=$3Yme@yd9KpaTI;Lp7=b=om%@EwM(7=Zql(?;!EKo4m+hcYoNLT+yG{ZqaQS@HOLH#(4V(+zt2y?R)kz(ZtpQ9l0=;oQeb6bbCmd+JnD7J^`>MdjC?F;}SPl@ia5)p^-I{Cfz=bxnY^@g(Yz+t5dJ#n;2DK)j@Iq?~*u4SJ+x2ls2dcHv&c=ejf^9P~aiPH2yUmUjK!;zE1YDYHODru^Tet`id>OugWA?EK8G;R5k{oRVvVa9>$YY_swF@}VCr(4*bQvZ~2HQNb8@6o09tT1!Ao^|_nA^UB`j5WHD|-0ERyzP#`wCL7SG;;Zp~de}$@Md!|2-1kzv8VQ5KI3VbKS4!>r>VEicU9uzjwmEK~dJvK<;|qc|&J*!&+}y<VPs>ud(XajDq_uvdxb6LIpjFQrH`h^VCaxz4Z>{wx4zM?-A+tK>|qv1B%&zjRD6VZ*BN1XQBXLoo4S|BJ!)k?-F1b5KjdO;AMn3`&%5kP3o(wufIzA9x?Cl=<<49o=28wn3zwrdVguW0l;}{Zv6^x8NUy?_t&erUyz88>I?_=X_vjQ5kx{w(2=-+727?JaN~h2yp@qnG2{&j=$HgBplt)ddg-PuLeCQ#&%Ob>k4^y8r-$?hUIM_ew@QHq{f;96pyT)P`1{Kpdld2LYQizj3t#ir(fp16@)vx8`VXiAe}XIeudoCAfX)CQ_S-lP=Kcl{x}OsB)6^%bjy>?UBY!f#jc3+(q{IAH5npXMKg{JLYtQfY(tg3S?T_-S0cZwouUTp4`C+#0h0}Ozr2j3z!^RuWabBXI@58cxMD4Hce>5}OPf$_+soh`DH~#?t@)<2}Y{&YvT0gn?f#MVZ><xKkTJP5JjZlhj(4QAJ<a`i{6E7U#e%+M~z_DIKXpGO`_?jukH?skVYJv{?D|F{a+P`}+{soR`J#%Zv`T(xJUK!)**LM$<)cS#aT)zh%2|oJ$>*M)_S^7I<+W(zN|KYvg%xV8IWbR*aQ@=_u_K)e}yZwKAfBgo4`!$8Vmooo(x&M=C{t)>`ef=M!Q}6Hd^v@LD@i!}$|59rI$J+V#OVPi<{QbX_eEk#X@9!{yf<NgWna1CC@BVMeQvdaV@%K7ue@x^512+37{Yih!{(sFVYJazM`&aXN|I@qwHzoOW`V%n1n}-BUEWyNj`xw7lMjIcm=*B#A;l8%7`?cbp=y>)n<Kqq;XuxRCV)o_RTpuq>>zF{F4XeFZjq~DsToG$wKo)TD;BVJ_d!G8V&vIdYTPk&Yc!BeA1dO>p&Ld!NtcQLikJo1bcfC12Z9`he`l7DrKtI5Rcj)=7ug8!n0NUeZ!o+zL^!Q%T(V75QLsbBKToAqO@$vh1K;Al%k9_k0eLV!pzJQLkF|1>veS9Y8d4`GkxUT?g$izg4Kby$6<55Ij?#+kkGrm*H+I)P#9rJNNt%f<i@qXF@#(w-<<DCg;4FjiNtdG!WpPracqh9Wrd2t&s=eHe$kH=NjFel{MVaWRI7dqy<aj!-!j1Dv`!~MSNSWmH#0|3#+V_^drQ$L%RjkPzBPcJldKpN!fs9bLk%-ZkW{%p99UfOzEHBLisINt_E2hg;?2EhEjBYMnfe(i_WV<_k0YrUzX4XdFGFoAslf2?O?AE05JhyFMw9A|x1^XzcjMqm5YQ@?JthCKHgfN^l2VX?=M1>6Gxup9d0lxx7==x7t@eF5l?1!4;j7^?wDnPQ(-&N=&|xF=>UZ`Jt6hdVj|o4_3}B4_Uy3m!NPxq)$U8WtMVp%`;@ISUsL!v*aC*7dY~2Mne-=d(fX$80uWV4psKhEVL6GDNX4)&#IQ$}r<a0qg*}qhZX)8932$zg#`NNo(yx4aHo2pkY1~>JDJ&{N|pOhB0x_8zvw){msej2&`u>J~xH{>tO8X;nSJpw1<-b48SH57z@((w|)0+0PFzPAkc~Pj$&aQM6-bgtoyw2dN^OdUc)#s4<Pf~L<nHxz6M)=PwdaEaPOCI#h>s@U;?<1Q6Cfk(u4TpbJ*?UFU#-aWC_MAayYsj%*Q}qF_!(!ejlIZY5QyED~2P$dAAL~!JHj3?2&vw0=<04uPOM=1U+3pG|C2`2Sy;*aT+Qb5!Vc1pg^4uHj|M)F>@1o4)j6+lgV@2xjqPz1i?a_RmeLooXAaR!{s>vIPKQvFxKTdvPg9?aDpcE1g)`0(oq}SDaA=T>qJU}q!L`@bOxxYl7@a11tytUdT~Mtn-F3*fdgb|I!K`NkR<MDrK=(ub5nOPP~4Pq2FfqfjH$`Z;$aTYU_x2E#RQ|cEyeG0?TjKbH6JD9^+Iv;L^s@IoDw?Q$YK;zxP$$anb)9!_eRwyHoDNWQ^9$uK~hOF2%O@baagyiE+x5(ZTdo>lJuZgJDY@}6C^0v{WK*TSGxqf$WCV<i7c|JTT0wOssx={GwM|Kim9H#vdY{w){PN4Z!vY&k&2|dP7}#oWmz2QG4CPg*3fA+_U)2$rKiP3)SO9SrB^xHtwM|h3o7KyAi=#7Awlr;8VAD57;Nml&)~XBp5huIq>{ttMOz^_ET-Zd(st{Ng6iewQj$RH!f_^z<mnuY)2c>Qx4W1|@?;KHbyK8oj(OFTRm_UWW_gQYht%s;HN%(ge(mg7)S@%3!lb;nChS-Dk(|*`Ot>}SXglLR82KO^S=)FT!^mU`>_k>Z1>7wonY5^?DnMtYggz7r4ef+`AX_nu#j4}BGqC&&$6197F!%Lsp6J2IM{moSo+iviFPd-GqB)s^IqEvINH!Oy$B=Y#wv{9&m1NaD?Ub+5BuT9s%c^mT?I_gZvbKbEYHwDPsEA~-PUUG{Bzx9kn$W-k-RUW=l8YprJXLj^INMCu1MEzK)2@_b>^XS(0EVlEFKQU3t&GW$tF$Nm)XXHN2F*Fh!Ayo{`7A>=4bCM2?MV-KAh*+)<W|cHZD5eFB#WEiNCt_sSKG)NQGQ7T$QEr>D~<xeH8=`sPhh^Bl(=lpo>G2DP1lNQ<fMzyQMJRZqN1p73@4ycL`LNvS*x_ln0sHDKAjq#NnO4@k6{;BxYH*wymI@N$Z=0N>0UW4!Sr$)-lPzFSr{ezPBSK3@D3%rM>URvlb6_AY7%2tr{+~(Xf$y7U7ekif%MVA=xnkQQy9$zhut4YuXEE@bS4wLx3ZQ-Pdj8e9q#9`=qM$bP4C(&G%}0f6mrgk;|?CO;sK4v_L707yLhg%Q6Q97YC-@-rZ@@OBqLeIeaMsKO3Ct4a++*%7lX=RWz1kdx_F9ZMx}(yPQ5{1-Vl=A2df2VEhl9jRi}hd7?YW}RaHesKI9rMO0s%QzmaJKy^8cAY-*4X=sDtMT5{bIZx6|c"
    "yex@YOGru$%aACNBSQ!(uH9R#+w7@uu|)C#Gz(c?%p`SJmFneCW0W7E?#YZgBR!o_`^qWaG>@WQUzh!++ntvYRY6iLw~!~pFPwHmgifzR(pOqilUaM+xK_!zswm#dXgA1;d{{-a$jox`p`ds%HTI258tGYH=7*PYOQT5olJE>#Sw+zpxfz3z<Vk1cO(v_T$}+EH(A4z0T~Vf`@VW-`#-f!8^Kz6&m$<@xPuxmo+N6i+j$0J!P6m?^!pYr>XB#h_v}7=ZmkeQzWjsvXq@>vuU(-EfsC$w{wTN5BphwuWqST^OikHF4G}qz-O0S4e7Rw{*D!t5tRn82uip3y<MG-Ri6cMG*SD&8cypd&|R>3UFqE|2^b2H0kWTh}DMP8;yNvIW<oh0c@j}yu3qC$EySqxT@MWqCHP$<Tz;4ZiFjAF9t7SBl!l8n3Q#Rp-&mIOy^b)U+swk7wJDN=LoIkd`CmFCMmP3H_XO;tU#)8$?ZXDGd*I^$H4GPss4A6c=TDl=?z@2V+xOyxraJaopPxzFX)!^#t9AFGTy_gGS{I4fuKr0`ymTSc0Zt7$YVV?Ha6np7#}<YdX&^x(}ZvsUG%#d}#^D=b~9XEzJIqL+IIc{ZI<?(-&Zbgbo^GNV-QxuIH@YswL;hqYJccZwM|@8onIo=&acBK00FQW(7I>*Tzd6?L!n>!sa`l2MG6lj5DQspR5_9mSw=vr3nklUq9Ly3$?Dlw_GltP-Y`ojfO3^3)VYswK&|oTTwaY?|<3S&^G1m0MT1ENW?mR~+t=Qca(^<VI3rX->~0jp>nT8SZzbtO~7~5z!>W80ImvJZrDLht=hs%r$dXg|euALd&H*OVXB;ekn(oMP{;?d>9_`5Kbz*oJ{qV!5Lx{QYq(La|TZpxt|XhBh7BbGdmP-k`?uu(D`s+M_Fb#$;3*xlcZPB+kW_`#nO<fywq4os%;~^nET;f(kagLeYqbhsJuutzH0F%Nlo%{uj)bSyht)V=$3q1tE>{rObX8p$#f+tX`#W*MPr<;*Lj4brRWhOc`S-mXX84BpB;<E<qZvH(BpWrQsP9W`Itd>y{6QnIZf%6i-Kp$VqB#MFNHFh$x?x6Rv0Pa@_Z+Jk=28?g4SA9ZQ3d;l0?$7tb*pnOP0%Ie;8$>jOKh8ZoI~1_byYO74-5pm2q(4bLDbbdo9el=;Dj6q|Xep)0X>OtGCJWdAL%ODw)g;Cp$~FBv;Pa#YoegI$2Y;jEfS^)k)KGFHh1q884<aBYg+c{aNBxQZvb{N|!L?EpDU6bxTUowJb<;3bmY6(!FPq6lyBPcysHeWJQp%E$Fswp)1dtowG01J#5rnLu_qTSzG1KyT-gnrb-08hqQEq`dZ8PY&v)bPuM+Id|!p`Dd)P$2=)fKqO>^{*|O%*+3s#o&3Vb9G?S-iF67FkCj)*?9Fy)9DvOMeAYDt2kpe4Ky$zu7x>Y%u^hPpEifMFkkP=RfOXluQPs+XbD0_t7J4sF%H|w$@1gWKD^%FtPOTj)_+l_To$l~_N1(VEJqJh5OgK9D>w<l*FGMqfMoq2iE7wN-7IKxXqoYBOSje4a~^<c6FH17df6CP?^WX;|0Wj6&^r%D;B>6JxUKup<t36(2H^sR_9mW>^I#a(qJU=2D$#FMqF$v{krd6?%&i%p|%-8iwFHD%2eX0ev7(A7;Tc7!66CJeLVb$Zj$7S;D;9+ONHlB*rg;1L^>ZNu$=BCD6r3~}C*{hU3-4~u)?bQMx-$~+m=z5K}WCfm;$4R<;9?87;YI=JX|_nl(X%#F6^$*#N8&Q(^(W-iv;>eSqFw}pDHNm6gOtzpB~-S^g>zP;2BIc56NR6Ak2PdgRcbXUdosCn+BM%znVXsMcFsqSa;EZs$uL)j-t*_&b1B$L;s&$TN~n4T<KXEsxxt>&c^R=X<XuIA8_%2RDY%qm5uQX)gCaV1%Gms>F#UGffKO{df5ImYB^I(as%)ast-QlplQ5MG%u-mK$!#=RzCM}nz+7kPtW&4tO-rj=JCG|s(PS4SybnD^GT404z9UYxKdwRuiVVHqPiR~9d;ucdKvhnKUgfu^fWdZ&yj$zY6LgGJVo8OSP91QeApfp~Vs<hiSpfU!^ZF-cPIYRKdv@qGU{izMwlACzvS6Ojbjt6GWAO|DwY-G#euP9)4D3ATwWknnbTMbABnD7X`zWJXDn7FEP^_yGX$?lYXuc}Wy3J4kZ*VB^AA#OYNI@EECFhDZ!0eG%Cm79!ll!L}GQn&8aEB^%=O39!h`&^a}632>pj185^fObob#69n6Hsz%F3PIbou!^i5l*w@$f=~7!m=fFW`9qS5*1%u+)h@-~4(ABSBG;^OTsxRgtCnlG_Xn<#WHKAk`n|TnROg8C(ws8lMqpt(-=In!K;RuddaT4qXT85*Kte^>T#HU1Qln2kPyiTQ4t^iR`jG28ZR+|$}%XAQNwoX8O1B8%L9e%n1Mqb|t1bEY8l3*~HxHk5hRsrF<V3AP49LWf-*;g{i4wfId?-qUvn0kT%tcJv}7%Tb>)Kq}$6pYYbCr@zXtkY`V(V9vFIgiwiAhl}d7Vt`~DVUHNHMi4nt;HP^ZdIMZFu%{CE@U}DMzH{_$zA58FpJ<w+bHi<h2<b)Is~NpDKE~!IX1gzm6knm9^&%C+k!bwpqL{ogA_;&Cy|F~H#mTr2|yye@DN$EtPr5%B5B?*w{lNR?2QWc0QCX}<}u|4PqQp`OveU!>WQuJTA<Gk)bYi=fJ)Z_s1pEn1b}Uo0steh;>xb+8xNPJB^Y1}2oNF=peDd}dhe_Q%m}R{*aWO2R}%x2m~#;m#Mla;O@S98oU-JUM(LSM76G8;mhEkHR`hC#oj_8%5d$^hAPR#GFxa`5ccbaJ)(o0305s2B90QRS;>3lPhnS#6`5|tw#477VZEFfLlK>iYty>manJXJzHo%oS1%&_{>;cpsFzm@LHCqwpT%{~x!XtEz!~`ua?O-Fz4yRy-l*a&rv%8V3$f#$+ZXH0Knc0_?+a)*#fb1t5;UgQQ7YKN7jmj-E2t=YhJ<%{xRZ0jH87yM7hN!!*2xM1Yb~1gl0uY4}n7ix=w<%q0LZLxog9L(6BsiQn^FTljH1F53nFCp1I4edc=2%y3C^5l1FCj3_mCJB!k%m@_GEP=UsrCVKJvMM|>!Q#sI0zsRNbh`pIs)E$4zvTpvL&K?`W2krK+nZN2sm>>0u3w)J%XL=94(wa+zF(^2SD0-ST}Zto<8o$vpTqIkIp(g#6kuZ*og3skx%@Z=ouh;y-!(nV0Xw9U+)i=!rB82>EjhneFEKc8l-gqy}b}8Z-S4%j~o_YJoK#b1UUB#O7lc0+XpG#*F#WxcsTNcRRHpi;10C)1{X-3`St4hiM0OEt?oPa-*F6pPM{a?0sR2qVyv&?_|V{Bz&tOc2;~tBr%68m3>|F%cRoP<Uf&97uV%h^a4*b?yw!8QqbDT$Luft|Sm-eDym9@U&n$RQtpR7P^TPYEUYrQ_UxUq4+B@t`;6uoo=NqbicJAj%AB8{@@N;DO1a|LFRD8bhMhyY9CweaHg>dRWI>2lEfV}^D-tt@JYkcSa$m?~%6#&vZ9zDEyWL)uB7!27Q4T^wGC^@@*5HJtH?J=wX`Z^7m=z{Uq!NEnFFDg_)Vj}YqH^JGj18lGMt}lsS=PSPs->rl7W{8bu54>T$F-?3RH*@IoV7zM1p9sZ%ACq`MH;#qVAi!>KcoAy;!q-?29N|H#J%6VE(DV!NA}@r`#Cn0ozDN=G3ssaI=Y_98tNXC2CdOTF_?k3qc@5NGC=j<P<^V9CMl{<G>g)gwy}i%325{Rmt+W@Y?19AThYPj<z}7EhfR~D2<Zm2sHlXP<`7EH#J05^hds~ydSv0fvjyZb&fa1P$Q@@>;{k%}4p><%5*NNueNzeTQ$)B_RU`4;k&|i46*4Fr+u&F=rgyRRjp}jh&f6#sJdm*j$FCNxxSm^TRcCH41^H(a+gPYp`WV|cuX!GEHu@bKW4}E<q026H3nxFRS%a-_29FbUPxNm%8`}HXH{%Xh9N!8;!?6Uvm==zU%@OLZD"
    "egkXdi-7Z{do?ulM4G>6(B~chg$VWPst1ds4f7%E_TSTVd}Fls2igA%tLeM8)<4A6{%6wq&DF0=p!Mr1_unj_{d}waElq3uZ{~E2zqIC8p5XrHlI!0A-@nec|Hss${vW~9xBp6x-}n2Ms9z=A^%u?mkNmTLgBaWX#e+Xn&;M!quaP+Pe+gei{+P|5^#5Ca*q`*r4*t7ejz0$cC;etG`~3G%f`#Xxp#IRx_QvS*y*k|QbE(GnMfEs1G8;CItY>?YKXxqdQ$FT-e5402GU0mXQeb`-qjMhg*Ft_^I_B3h^<qEHwDsc{w2mvPcvAxV&-L$m?UN^fh5Hct&^tB;Y(Y9i25e#gLl)L-(y_2G4Yuctuhj>z?t<t-{y*%!*^VSJ(`0v?`|57*|FpVbWOx6wKpFuOM#7g@g{rK~2nNXrI_;R{3=bf(ifrWFJ4Ss+YhU?gkVvJx9|o|8#UeH94NI-D>aX<D?5lc_`EfagQL>fRTEZ+>QtNceDK9}We-&C%>jioq&rI}HlWJ<YP%}AIMoJX0)jNe@lmx{}PVh=TBQZxRuiSMPrNXXdwp3dGnlp8*YeO|wJ`kOptaNHw{cuW$?4LKy9FVaAooOw<F5%n>r6$O=zFJ2nVI^f-=UHzS%6y;}(CMvw#$I(pYOj(yo(q}%cvW(mt0j0H?K690S|-)6%u)@EV*dP1lcmJSWULyy3<k{n4G8Y%L{%7N)LMS=T;F%@@%MgUg+kxhudw*vF7(R>jNR8eQ-Z^I7L&~qP;w)u3f-*El3#7Lm0WwtrIeO`XL`P_^&4UNA$;SD*DC)OGM+itz@E7xMrW5?i?Lc84Nge|D^|!e^;EF*pu|M!<oyEEFs$xIJw~2@*OqSrMkANrpy!G)3MD;+vV#p$s+U(SO=TEdOEo>~Kq$7Wje_@NR8}IB4>=!<mgi2amgcvzPvf+n*j9;u?#IR|<@WZQE#AgKJHPzHl%f3U?Ll_hv4_GH(nyH`;}Lla?o7{D3{J1pzREjvvqpP0;NND_-$H6(7wX9WrS$hqC@oW&@7=bsZPuMfwxzO)VdT>4HEN<$^2AnVl$L8rmTBn)CKk&nP4eh_{H2VI!88VYunp$N;aW~)QYMwZ)@-%pZOlfhknJn5RIrpPi3?Wp7#9juZ&V6j9sazkK>v0G)}Ionm*2c=pD$DYd8t{}zeR_Wh)E<et@JlE*7!}b?QJR*AX_PES;^^Va8Q|zn$o}aY79!r#ptE{yGH(86km;gykhp}wD_UlnL^}Yb}x@@S)NxJDvRP`995}GTG8W`p>-Nmv=CI-H^Q~96o|OnE`y|jamyOJ)2oEHN>XU#osQBt$~9a=J@REpXv;D)c9BG*#I|~5lBDi?b)z8*4>(s#uT{&wGNF+ASyD57H8fRPoiHWhsvt9N3x)E?OG*k^EmClg*ek+KS9v8J;a6Svbe-K|Z!29$dlFOhl{042J@O_kU#EsRZB&|j!fr32ou2)yOK9y{wv{N7mLeoKms6yBufk(Ji~6x@(Yb!)x{^GW_kOh%3a>|9&2yX;ce<ji8F#DSb99%+nbTIc9#<MIX@u5|xJ$)+`r|2Dh{x-s2uX?MEnHV+_-yx_D`veOQ|F#Odz{2vHGB+4#2i}PbV8C&JL*$q?Olj@J6EUNo>0;DJLTFkmWQ1)w$KsiL|2KP&$uT?g!bvNxl1RVa*s)OzCeS$?kzoUZ@%Ycc%(Req>>_5%(ZlOY>z7|KC{x9RkiIASA9#$eV3Yb!g|c^+;i`aaCvMDm)H`<kq8%Xd=VjElGH<5N{06GF%hBr9#=f#`s;-_TE_ws^OA|mb%!Rkx&=B1#EyI(1UseBVY(}>G{{@>dt*?~)!EXH@Q0WZ!!+vMGnyQnTol)W*nYPAJuNx=<V8cQPy)^(u5U$M;V&dY*Vo$n?zvjHj*`!)lFsRF(XTYU&v)kMD(+~}G)nDp?>(058Cka<-6W5D)|Q{R`IPH!>|W1y<*XX(#+^%BzWln>6sL;Y=Fv^rZ;(T$*$nYUxAsZW*+*C5t=(!s=xU}kOtd%9=epN5j&$v?J>eNK4%JF6X9nj;oH$Bq4jrp#UEhj3=axEEg(v?StJrB`n)xL9hknMYchYPKX-ypMSb4E#_Or%7;d9F5$65&(Gm}(Txy94fENw*T8gul#R`hzi_Biuy?WLpZzO?#vd4%7Uy(#uxalW__KRbe$;c51}UBfdO;)bs4?z`LVy7HjMTqm8R8=;%`@nGL8-Qz9mY}ek~&mKpy)emtP;nJ+3vP03NT;x|$mvq(q?JK*{5M%Y)Fo@M#C`s#pa-J2cI!HOUxQQ#JQXS4#UuW;FxKb0LmT*yyX5vWPtJ~(182&;<9z=D4JEXaYrn&SKB`1U*>59?h%7Xc5em^Kq_u|1iI*3G{(;R7xhb%^ld#}Vg%dN#0+n-cG?3<!b%{9ureqd~GGaXi6I;Uo8*S&d7adm1QnIKpP7q^Cx3(50XuEi)dwXv*m_jP%@r>n+7sWIog6?v55Z9b!O^%ciPvAKKG0W(i+6pp5RlMX3jO>aA;lbAyzPG_>2ncxL>q{8;@xrVA-2MbB5i*ZD)Hv@B}^@MiQ$(2kgc?|}}q;G*qB~_zQcA;fTomTrctw|%LJ~qeb$nb{fBl2BpR!PcT1B_C!vDQ|e8BjvE?|qBvm}#~=l4@4hOr^YkGq4-E<toeDMg>u7ZfWh9e$fTI6|(xSLo0M|LCNv1YiqkLt)iHXzL<tvRVx*8bSr7K3CeGE3`(rpn9t8WS>Bu^1CtqvmXmCPHF}z<qQ0TZKqQWsa|pyfEo+i+MnLZ+f9j!fl;P%clq{YGL<!lTwIh<OC)OC#mRYd5>eY&#@pFpEH6_D(*(Ibh#xQ1DH?>riBa+fpF4U@WN{;EWI;K4}#AHIdIbW;Z=e~=HotBjjj@`yY)KySzkxAJ?K$lcBOB-76QSAD>tLiSBKIA4Ah)`B3vXK_@Hk(>?@^XAZw3)p~eUG_SEjl?Rq^gl}2HDV4>(oB1fR(zU_AQlWEvaIyrg>{Z)eknvvmnS#S||~{&cH8ySW9Xru90Tx<@U2MOPFdsJ;OAaZ58@OaAqbCQjO^C<b1clrdFbviH)Udt?!+#4q%;(h-7NBC#5Y$t*B5|L=|OL!^)T>8%uqovx`Pq7+97e8|24@Gij+)&e`cTJG3SeP#b}sLCuLcQ@N)Xv@QlXvC%;6=2=oUCsa$!XCj@96*qO9nU<N77#48|#I!w9_j;K$^4j~_<z4}HVpH*!Rg?>6a)nQC**d4<;*b_D924qMbnj&5DQ374nF-y!o#GV@GHIle;^vi7GtX)^ux3^aEak;q9;q@SS!$&ei<TR8Su3f}8c=8>8OkM}nO9GuDwR6Wv}L2tJKLB&S*mHis-4VUxWZ0yY3eOpnyj{=;kwe%=(X%KFQsKgE!@Ra)hdZHT<S|DR@7UB`q-`B<UWMQsay9pN!RWg<yua07|OTrsp^%Etg6(}I%3K+^FrO`+>5hk&qI)^M!lPKyUtD^&RK1nQnO^DRE?FBip$gx+m94Z7fq#Zku*v{Q;KLkdZ2Mz<iSG6v-P!Px~V^T-OVi}d}$}qV~CV3!BWRHr0>~`CFb#wHSHzTT*<YDs#G_@sw%)#wL+@4uPisefqV<LR+ju)QdN<%Kx=$iMEQ1?N?XX9<UX3jmZwmHvqcVuG`7TgROVF9OGPpgZjU1=_XxD5R@4&OL80{ABw1pPg3ha@_-|dF08MTYCYd>U&M>bYlVs$gB#H)p)e~Eh!Wrgb=S50O7;6^^3~tJ#%$V}24cw-XFnX(s2uo1vxS%@AT}?C%S(ZqmUR)es33R1A(H32xA*+2#F3W6J>>?Wo&cN+dxRhB`Ev;;`l{L}HWX+XWlh*Dn14?6z#z@ZWR%*GWH+EbG=G>ghNPv28w_D`ftvGw0J}GsUy%;r=C{9I_hGeeRHgmL=((r0hIIP;x6Wx2_jyV6;)bF8g@ie6E+FnJ45XUPJQ!s2HGrh&!vCv*h+;OxFrD8Iwp>{<9vz?2j-q5WWbzP)Ll(QD{1?djaDrDA5B%R!lmfA+7V`tCan=v>tE}ln1o7+S!"
    "FG!VmcTX=3Ii$4~r{0ORNR2I-j#bjiwBot(fI+oP?%ir`WUSnVhQ(^?J;>tT+?9Y@PoY+~AgzXZZH#v7YEar5WO1lzW}BynMmwocDBF-6m|bWt4)b8zmBNUMk&@+p2vqLMf~86fJ6E4DHmfFMuL^PP=*jb$I&^CR$U17k)xMK0h?-wrT1UWoM^eG=Fx_5&oxb{Yo-LB@c$k4!74A0IuER*i5hQM@pvm4+Vo6<thK>ym)2freJq~4n!VZ^ft?Wee5ml=jErnZDWvC;U31st?rrlaE!i;rVQb|j9t!l{_g2_36275^mI>$>^@i60Z?OZY?`5N?^Z9B&%an1$O%|6_K8cFU8=qD|JKDiX-+KVjdg31wENvFP&80B(JjSEpcC9d-D1ih}AisNi@nusk}G-`8Wndt;<X`|#&Wm<u?&@}}E8op6i5C*5OYEsfw6C^t&u$}7Q#d*fYr6G|C0jf&sP^E;#!O6w4`?@f-vOECOSiS`eH6{h{vJy&ZqfGKOM$=$dt%<?x8r2CoTf(=r%%!HvwxwyrI4D>z7Za&8DQ8w5yNR^8;qwpyXD2`T4sdUKQ{b|<_P(lPu6x7p)p24<uSk45v55VUEwK-1FV)S?LAq2f65vA;@^;Q_k}JE|1^g&90=`6G4d_D(04Z)oaz`GeY)49H5<LU>=86~=TbIC#v=l-~!f^s^N^LK1twfmOD9R`l(21C}81$oYS2Z|84}vh=I}`10N*kD>RyWd|;}hOjrWmTb^+O*sAf}0iXZj8X_sQ;}MKfY!>85?|br*Le)|5`pg*-wJ)1!PO=21xJ`c!3jq%>55#w5QQe{mn~ApDdBwCk|bK4Kk4+kl1|u^T~fgrw%~k~scyJQsC^;XA}^s}g?XDbb{RjuYMtsc_F&?|U>H=mKA*InqnzadB8;veiboH7>T%rR>I*(%mZ}wtU_)3QXOV)5zfMEZPu!l?jmcj-}i#x--U0SmsRMJAfXO5OK;rE)Jt?+CW3dnfoxAxZ|;xpTeEod!#c%seWqkJ4fnZV;mMc!SL5F*{ylx(-lmu3@0yO&KufLk$4X%I!uOEbaHAc8B&@ICPMd1jB5{eP3Y<t^4t)9=VK}M)S;yY>aR4*l<%F=4Kmy{4~13~Edf)o4%274zZkB|If%o;4wV6Jt(`nZN+Ejp>5AdB3;XWd_MC8i+%#2;d4^wrv)fTRw>$aFKH{W-M{m)A8=330rsH%*Nu|;?=jg2EDIX>Rhf?WdF@%}R*Y&jzy~C+7_wo!e)zb0}JM{7(hgy_6=RK4=PFgEnI_I88sii0sF^}e{hv+96(T3_^^+Mjf+b4|+^|A%6Rh1iiyB}a&ojd}F<*sAE4ZV#Qy(cwoC*7-iU2(-)ig=I0l_kcB>%&<sF&ViFF<B(%qK`i~z7|*DC-pezk}8~#i<ZDcO_TwC-?1T`vqFlE&Mma@j3A4*Z9v~bf^Kq&gwz-=DHy)hMdl)>PfvXnT$CGCcj%}$b&}Tg5|Kg2<{1#(uK-TOy`9^gymyqOIF=cw_-TNy5kY9%#DR<3RdcR+n$F~H!|S|Cc9eSK?DGmkapb#<1Pb42<^t+_2L@MHcb3rM=)ei0fa`p_ysjLVy2rRm#5pD5XDM$YnRDofv8gF?1%|MBimnvn)dj3DUnm`aV4YPyEyR4=yZPn6SzBp5tR($6jK%p`B#)0A`U7tKtH&z#c|ViP${!{BCyoHJ{Rpfd7FbFpF?!+$IZ@tz_dj~>0*OpJuUb+d*N2Hbok{;!3vSPFIFH`}kM?bwK5`|&F6BeyN-raQtX+ZeGxy%#G9`cRub(09?}Hjo9i#lOI6nbxk?HxA^e2VQd#-<U=%3T_DW!eDLjmy5Z1)Sq<6l!+hC$&20qOa7w*QiQ&Z8ZnC5*vt^G_bzu|N58Z{z<d0rCg`{LQ^fFT3#}+AaSVzvh2jbpHT%WJrH5RN9ID;U0}T8YTVICHWT@*3$m|!Si^Tp`|b?Mb~J#LHTi~>92nOUAgfwaq-Ec`X6|cLtb!R7s2VpsxqstKN6BZ)Jgd-{MEat?dzZP1^focGwOW<r#wZ{d;jeJrR#V8(SJSA{<Y+X!cJ&L`vZn#K+k*mi5$xNMfoqJOnTiwU(=UAWbWT{3f>|NXz!`~{UJm$OXZ_W%kLW>Cz|g2j-UO!_4wy(ek6|R*VF|{YCl0v{93R_Vx~U>RDb@pQ@5p2n*By+El<*vNuLY<O!Wy}M*7Rk)PLEeXL`+s$I#_c{yX`nK}`>#OSI4Set(L<Vdd}Jf4=hRDKr35c{-=h^85AZoEv`<^xiZ$ermy*)4xc`4?wiP(U~8d^ZM0Ue@N(>fAnF?KbZMXlwq!&{lWxFDUWjdudGC-B<R#S3V&h?iY3n9PV-H4{Tt;ivCD2fy;<k;rLQ08S)uUD9?dVf;GIY1U&5~b9VP!VUJu$O=RaWy&v^VhnEtj^{;C^axBAiz%Ri#ZTuRPCYk!^Q^VeU><>mXPzY}HRpODvo*=FcJ7yC@Ya%r{yN4Nd|!Z+FfbDy97*Z86T?UmvGJ$3xw(wgP}`iGVOvsSbJ$#?$$1P}W!b5#BxHEAyYgT`wA^X@YK7Y^uumWY@CH|%8pdHsI@g!!KwNBvK`{pa<c*MDCBdHrW%`p@hC?(6f_DwtWKk3YYwIl*8y(p&$glBuh7s8D|{OapAu$D{ejC_wE5*emRPrNCD(IDa$N&X2Q69eU2+O11))hQYTRjIH|BPb!c;7cXl4>n>7&{E8MW|M9YVHKg=PmA`84SIYph73#x;QX!Q=r;#YV0IhZsgEHB}X!aTSJc=%l-}CZFFba`#&E@Ztb^Td4)ds5;$T`tVA?HU9RZD#|>MNn<{;Q|d0+d#<lB_bwrCPOYq>?+OjP?sHd`4BN<V5MMmH~ORYUz(HQSP;o>A4hAuFr}oC!^7F%J%Viyeq&cESt4L8+dDNKyPKYI(qtHQG;~KeB@kfP+A+UjFM_E14<px`gnPGqd=n@Wfbb1P+yi^%2*xHQ~54nD+Z;Qr8*3=kv?OmLaDp0mV0d-u>R$Q)x>8lH7luFIyp_S_DfK!-)bl2N$Jm`4(zM-F3M@S^i)Xgp{tc)k0EM|n!oDFphM4;oWAQ*e<^@}fWVe|>R_)Ij$aY6{5nKyuiRvB^!!<x<yxQ3+e<!c^_4@d79-bdB#K$8j8^OC<7U5#Q27%ET6;~<UMk=yzj(T@Gg<=1Am@aYhft=TQ|Yx=%o2q;Go%5G(LQ6ImKuyoJ>;GZI#e4k!LQmEMECxOQE~(F{3=+V^V(A&_L4A5&`Qm(`kBXkmWj|O)LAX%x}omz6{B}G$gLdA+8_VK?fZ3$S21nxsxCO+2KlQ$?qq+~we2gvC-zGNt#C+r!lGc<`U+^J@3$<@>17`RdD?uP|J#L_zfGCC|5-X4_(OzizyE_<ZvRuFOoa+Iu~Nxz7#d?#V3<*R!Kf43su+V&YU?Cui%u%-#eVkur?6OZC)e}b2y^~z4zZrYTc@;=$RvX@pkNiNwdX?5Z_XbFS}x_CSni2)UhD2>n)bNKcWKS?9{~K-9*x;PZ@j+??r&p&`t3NRS0ul%S{;@2+NEYlHA88|NX?+6w|y{18TC(Vre_IfjKBVAx$?VrF?xA*S<AnAY`0VxSjvC5hw2-fokHb=rM`V+X)UCd&7{nA4VsXe<YSu797vk5LHaf%6)tUs+Tn6e%pf1)utD4#JO@`sM_YxCc}hp1q&iy&Br&rNs9x^U1=mSd#FeBvYYH#${Blz^sa@!B!qs9*M^q$jeREs{y^0n0pe#=sn_;C&BPBgHu{2_PI^oo!rXt+|@@r8%Nmut2RX+wh>jKK2>)SSvhwG&Zm{5EUg$h6oxiX4C_X<gH;Gm^B<#&p+;7GfcI1QJgcE#c)WBHj<JrQ?G5ok!DQr1i`J(rMlLOL#TI|?aRm7^SlB#$hehp<WaXvvzE<T|sS8T+KsJmfZKz9roIIHRo^id5DKN!~qmyC)}NoLR<6cFw+?RGXHz{OH`%>8+J?>bx_A&rMRg=3bQ4RZQV|FP8F(4H38ci&)#YZcR7SisX_YuCqc?=(x6yA1HBFgA~<2H(Ye@"
    "OM6jp)0SnCm2{9v779~bA+3?am2e1?hlVtce8ANB+zFGU9QOhd%6`s9D!zSPsbaAuS_;#$n+!8ap_X6pMAi_3S|l5sZgOG14!g>bWJxeab480HuNvTS#;tddJZ>Mc!-nRW@-r3Z&NW*NIwvY?GFEy{xgKYqp7v<LqMT(D;v5=_e&>biBEoMCSIM2CaV6a{WBcwrz1r;{$;v*hAl+2goQfrvpHFEyM<p|ZH$&=f*GyU=EKTjMoN|&=IJMp)rn{<+rpeWFV6rK%_}aAO0{PzOp`#&gSrcw3PwlI&u6y^6Tx<4y59G~B1O&uUcwhTm(HMsr&`tz1uWd4MrHyWQ?1*Fzqq%(4+ef}N8f^6)p$%6H-@4Qun{_>;qqA+cc)O<l45B{~J6xAXCUh>ro$A9176&+)W``y@C)DjqR-lI6qwcz1`Y^84R%;^@@^(@eC9c;yMwhlmQ7%$CoHGXy+<`w;iH>gSG4dg^Xa5|8RYd7oGuSb9QvM=4aZGtiA=!u|orY9KNXkevNgY>PDw_Tx$YKeKsp!JkNbG`<bk<(cBnyaAH(=2rE6=&VDSi{Qs)tckNs19nv6HKFwx}VM?k5PBW^a$sRqbWRp;fILP!9eyF{)Qm^Q*JO!jGDap0~(dj=FRe(QaroZ7+0CPf|ulLlw0M-61Ptcd6<iOS7JRMVCTV+L{`>?mf)%xFGg6(p-H}W89?6s-UwuqPnSMnY7Va_p}*G$E@cCQQViJdXJE;Q{r?KrfH#Tt`?-jS-N?tr_GDn8@Yv2S-nVEXOj=5-CpIooQAj7rJVK}RsASSN)nT^O?^J}|BM|jwX*lAN+%7LA8yl9?mJ9PDPW3wR}(Lqt#P+9XH69}bF3^?Qp-nb_p~_4!j`Yg;@mh&Ma6e%I$5Y`WRkBcBC?`S{48em={1L2q+Qi=I4TS&6Z9@6nqSYNxDHmx0V1uip%m`z>e7{>kYzoZ%8OYP8ab4?^VF#tqt`M^isU=%<rptiEyd9=BKN!r4Ma+(jwl@YbQD>r%s2im4ye{*!*ZfAj@(X9yS<cyE46OQrgFrT;iadmrer%W%YJlPcbjMmt(iJw3#~e^r88x-rQDm+$R}qsyl0if5|I1ORnSMPUYM3c1r^(u94FV%EGuif1{YVW`!)@&#VX53FVji44RLkRT3MG6ZK{Wc9dw5s9TR?sJLBpUO_nrre-Y6~cc;7ZR^%<&k))1tYN)kmcCdVu>lL|#*rhi)#kHbrjWz07YJCJRR953)PuskNEunij?0dYpp`&b1SsIIW4~B;Znkaz^)^+O9yw_6r+L3%C6Ju|XwS}Z!aqXmWmMG~U8-A9>Mfen1!PPl3ovkU$MOq~B0w!kJt&VoL#5o)=%^g`W+fqKt<(4UMZJCDK80nH!r$2DP73O>7f==VqGDb-eMHyDzs%1#SscUO!ZuJeco(5_U39@k}A#5*m14S#T-?5OU`u1Ga_9<I8)C<eKWMVCo5Vs15b#%{VQQKAWV}Z`NSqHx>bgxP@QSXeJAusaI8dIZgDXQO5Zf3)oaWA_!oz<kQSVNV*6|SyU8XLyiH|yHDB8_eu=)gWnBWZEEb1-+}oN_pKc)6K!Ixv_88$=^cGP(^8yVaY)N{<V9De@_Fk+ZR5>`GED<V!!C$Yb}y>AlI;L(7g5tTRnqbQJ32dZ=nkd6!UmGFdUTLU$*%dA9VP#1}fgckJsqx}>eTeK*gZeNWXkFK31#oo}j<&wjR}5!_bf2-#e&K(4Ol8g63x66{`lpuX11x?{`~@14j%XE_?zw_M6YC3M!2G^7)^m|8n~XlhlVB@`PG=OB0U6zd=b*a;y;4Yax!t?(+iWtNVdc&ifVQY7zH>o<lGlDa&#s%y-_Ng5@W&>goet+>jf-^w@=?B`!{=a9sae@_ppya)0lovrK;;XXd>Z%PSH$Z+m6UqM^%<tBv$dwBaeLAAgnkA{3Ad3OAr>#T$eDJ-Z>C@P!l+9qX5u%}-kuSZS(qNLQ3%P;7nt7Ax0p)8u(TR0zW?1n<#Wfsa8KY=7yO>vP+;r2PX#IY8(;%c)MTKd*U+W9(j4++WF87^J+et#wFXq30|s~S6WlC-wT#yqy<I}cw?lA{Pa^Tw{OMU$i~ziGyeQC3{Srw#56-El)_n(3+?>MhcZm?U)O&2g``r6!_>M6_5pirlq0ffu<}mt4N$hFtDQj$ASDXVfCNNvwN196y{{F<z!(>DyjJj0+v4BW*H@n^1}Fpo4mxAT*Ay#T{~*KS1H^77;->E$$VrK!Y@5&OjP7$#+KED_4G)hrJ0`Z_<n=klnnfr{1{IE%WT7iN?GQPT*JDbdPpu+_MC8mq3@@Z;$MuYv~3D->MQ~x>zH)$VHQiSRr&BXZrChjqs}*&J>Cx^<1dZMZQ817x!xD%60nMp+vkS_RY9QSL+_BUP2dLU+2LjA=kRP=%|Y$XWYX@zO)su3*LR$2g#-O%yvZ7qYg)ev<@#}lrwdV8mKBRTbi0ns;Ovg{Bw(HNqZuR&YHo}oG+zBamvJ(r#D6g5pf)sH<$cHPhGfO_kc9M6;8|>8aHbtP}Z;jVy+Mh=&J_m&Y0r7T1yvw3=L`z%DHlGZ(AIlU@un@R9u-`hrS5Y$yH;NEhy6PBe!!U-Muby1F36i7~3>=*Hw{|apFi(iUw;bZf}|>bWf?;_}=BP&(K_Jegp&QGNMRR64X1!q~~x!S>+a=vxm+c!`9t6;c1rD;;L!5R$2R=@XYFgLd_ISD63fC_)@*7iXleF-Ie5eIbGpO$j=T%9HS|sq8Q?8YhI7H*b_3TGL*-Z=k1DSilGD%gLP7NLV>)RN_S`9X4~}7?c_w#KJy52xGGvHLi>VYu8XuKcwJ6#pAS<Q0xguJlkB*3uCC0Lg}O%CHap=l4oR?V>(~+K`ifS`r{P8GDl>8`p$Na7)HKopqNE-&Z}Ji1(C_4&t~@~lIS@oJ+}rX_D9KFcBBsa(+$5z9b#+~xSz)h7(Xut<NT;9~m}guN`|1g(wK$?}uH+nI9W@=XkXW1~)5Ywem#m=Zy1b-hv59m`&pAlfZmHF7CAOM(NJT~WvZCc~1+-ELGD9ODphuy3OP$fuq>}fgG(@xPER~rFNS4=4!%~qrsf1clKH|1sB6Lpe$!27^EV|Vzg*q#aTze~aZ*|SuLu0X0U8ncf>nL%wW!BlZ9vbCn)KPVO-_=J~Iax^fxQM}a^RcQ%XgOzAXB0JZ+7~4)W*VMU<Bqu8qaJnOvS4oruLr12#{|qtzsu)DfheF%CW}ShjH3W2Yc45|!ji&vn(jrp7e=bY)POrcXgmi)cQtKbDn~wNc;l=xv#gvxxJ9QsiK4`cG=fo%Y>?GxDMb-=rJ`<zSfa}@1Btj<F}m8@+*_L%Em6=Zheite=ywPzeVeX&_eS5t$o`oro;$CV=(-$z2VXGn(uN*1WAPHnL@f3i9AV*@_Znj!BX>`@sX&iIPU^IE56Apy3|3KBo+F=pt<<s_nN;?QK_iq~^||iI#TI(bms@tqTFGiJ3nlix-gBMiBbubrwCbS<hM%=YRjIv3w^3tbdp=HYcg5C9wUyknu_uGxZ4O~*Se}dFKD%9tHAM5(Yhr8QgMufEJXARKP@TKvx7}F1(S-?>(ate0D&#FtQCB0;oM2A{mSQ)Q>`*OIl$A1EK@}s#m{p~xq}w_KDk!7LdclS<1y+#gpeRjN@5*_0?bx<=HKJ%}&&)o{_lDZyZtcqPij5V%o6c3PTYKd))4Iv#Wi+)hlya@jr`2)s#2EOc&UHA{qGM}kwb`cavQxd}KGNxPi9SbCjqKQ|>Dn3Ul`+oM4c(oudM%t_iCW8UErYF4+7p~P_00XQrI=Tj>q~oWW1HgKtF(s|ojPW|tHnCI<|;g)ZLx#ni;<N0xks=}%;3nt`^jornQ1AyDW_fnj!O6-Zh_owr8blDjaua-!t&b`3Pzz`)~qqftRSjZg?mk=lLqhZS=F66<eE{g*mVq;<;e}|EO`PuuByDz$~heyvn+_Lbg*E|J|Q@oS5b1}TzOavt*-SYk+t;8Bzv5UwI9Ru+uK~&ew0bc$^OK3{m8Nm(CqVPZGT7%(x(on"
    "V5Cxil9dUAOrdw!UvS{Jn_NFqq$L|aY|Wt71mnYT`ri%NcL=?JF-n?0wM>2qSH{4|l*La-fhAJw_6W5J?d|3H+p*^hKI@}>08r2Uom3yZL;ub{K6UvspdJ4}QV)aSe8#ZPp!T<C+z8mC{fX|QP(HWUOlc3VOg5evVx%8|`5>v(zs>3PNA;cFcaJZ?(SFTh_Cu8Fk0bjl7@&<GT2tt6Z@DMVM`EQ1Sz7smy^Q1}+WK1R+a%wA(5=rI{qTqBD!kOcRQ?F5#s!$3YBK5=pQ*3$5(BXe_knmoSZyi4Gs`r5^0>VCWvhh!yw<;{sFxo5vrsPhbFHrL-~!Gg2v>v5JwI>r*OKScUHyq}NsRGBA^#9%KPA{doIs^Q?U4A<o%UDC@)Hz{e^G=Fsw?9)=7P_6{eHdV`{`@F@fRWdFT}!=b!6zTyZ47t#UFqnApUg18-Mg<tEEBWg=LbS-0SkxB|nA3(-~C?Dc<MRzkmD=sPYSmT=Q%9`G*bbaK3qB6Z4Ni&3jGOET#Ir>7`5F*W~X#oB0sa-7qd^@}lR~n{$khIy>WoH)-`v3wzt|8qL={Z{&`62Y4D4QXiiu|1but@=ZtS1skSHf6mUWV(fRGb21Y4=9l~W!7jfM+WR8})3Wy&uwJm~^W{%Z^v4|}SmViq+8-sAL4IxVL~u_7II1NZC4rUkQYiOtlviFH=%Z^-dlMI*LMf3drIp`h%;$rp2L@@3^hV78!QPwhNV4nLnjbY%BiH*sZU2yaMD9AL8dVp48wFGf*on;8;pS!%H5j>u@m5)&kY?c{P`_V)*2ki?30Q5+&#Lh0V52|qq77#H0~PdEh*4jdR6Kp{L<jW)!<-3!G3R^*=sj~tPm8?y<G&8<L&g0ix?CV~%ATLy?Faf2e6Vgz*yW+gj`h!+^O^>D_5Tj(>Tmno{^I2SH$0~OB^dl|f7{>oxBYE@+u!!L{cmXXF_+SFbQ(WLy_TvQPW~o4M=SnG_zg<^rnz=8OV~?gn!lIJQtKx{gx6>Blp&WV_roVk^~?)-Z`}o>`g?bOjH=n`35Q%>VzpTY>L=yc?34ehIoDqWEBEqAlN6|!P1<(o<evBubt;b_^b%<4a}S@yC?!L;&ab);KcZ_N#isU2A~Ijb^FvzvF+S|&dvxB=95SVqk7L#+&qKHTlSS&^Y+3E^I;mNI$)0cSvr+Adf_>OopZEIir9gj~I(Jfm`pvT9_)9rdJpFiy=a+0te8u8UEo7@?c7604W8z>POEq_LdIOfI6HC9!X^iG&;`VGO>o+Sj29QYon-Z>hLYm`~@1bsE(!e?}y1kqfD<yL3`KxSI>a5e9pR8qisqbHHlhLV@;-2a!m1mIB2FG$LOf0_?N>1EV-W^!G<WA@1_Ya>$IG1ml_)^{|*vG(feq!RMQt*;5H`l&@BBuDKZ|+wQi~9`TDwV|g&1r5}-^<J&%d=<JRx+GNrp5T=O#N4)#eYU1_qu=npZlAq^;4$kET}zMqX6^#%J(h%rf7@jPm-!x{Up#wDkV{viIsnH==n)qJ>HuAxOMvLpgI0XnUX%0i_!Ckwl;s})bc-{(@RM&;k(oLn7@5x81v&Bk_H(nKEBs@E6XL9_2$`2TPEIb|1sHCg-j;n`<t$1!JAx(FY)o)X>Sm}l7RV3b^hw)z0m9VQxa-s)_!tvy?qq@{*n9MpRz-J8r$z{E(|gaxK@8g-+982H+7(6R^AeOUvB-gzKrh;t?K<kUXL^Rotmq?yDnTf{gWQ#ehUSp`;EE|wET5HtQG2joqrypRU8{+d)|ml`?Ab`ty@2pGyloOzAu_Dh0Vv1Cx1G3lG95&Tdnq%j+Wc}L}c;wmd5rm5=~|=+s~tV_D{8~w+hv1WZcVfVD67>V`EZAGBQ13b3MADW9K{N-5e3C9PNZ!*G3r>(n5HNF1t)EiNzg;aP_JuNvP1Gw!oQvZzQrmbPDeAkdE`&n(h4<GIp?=Oz2Xl8R{yBEkitem3QSpw0QU+Q&FOBg{3pPDvzQQlFo;jm63c3+Z$2UB_ZvOi09wu-C3^Y>gwLdg5b8A_BInzZypu3eKQ;KE{&FRoSC4XUCoSf^2}5o`qai+DcSJ7`Z}cP3c96Mw6&3gINB-H&8N{yl4tePUkUG`w_kFmY@$wARSi?cWuq6e@WkM5c%doCq$5d*bw{VLC+lG|M5dAyt8jNlOT84yKI^WuyBM>Vnczw}!pSH!*67LDMZK=wa#tUmNN1?iV@~om#(7hiD@i7wCMso*BRFwHCsL>$)@=n{)wRaisl)B;>G{~mX`fM$c9iZibYq7?5I1tITcObGXK(FW*g6AZa*X+?YWwIcX-JT?*<vZ;B40YuBVAojiW6#0vXh9jG>6pZ+;YP=>Ya_5vaZ*iDzmADZCHA4s39-a<~_`nnn2kTJd9u=N?J5|n6Mim8mytdXnTU#EoR7j#xU%pdpVuJ&{=&lFvP}K8B>{5+hhye5+;_BjA3+RK*A(lkv<!Csf_7l-KWDFL?U*|LaCcH*^nA_YZj7?ZN$;oSqpZNGfn}GyH7do*oj+Hsv)5HoWmG;;2U(ee6{6yky&R<8RbZLpJm-7wpJiCwr*SuPVN$2V<g(F3Ei_(^#b>3PdvfN+CD}Zh?7P-a;XX}P^;VQ-9f)naMaDs=(X$swt`98Crlquoyl9@aYs+=np^l3rKWxXxkqaoh~x~;CEs~D9M--l`zZIRV4MT3a68YtE+k#jK8VI#DGsoovbK$#0#_U^s=?WZ3cF=g_d%-wr|7f!pAv6}wQ#+6gsKM_h@8LYoab&UBf-+u1$Q>!<N2ATty};T0rvsUcp##uWzyA5xKUL=tES%6K{1dZd{`jx*vd*zB3@bd5dl<JA}r~i^K3{4ejl6qlm^rkM*&h|@qnHI>(E=IDGT4Ed!))xZO`Cu52hq-94$4m=sH6~eQ!g?-Dr$jjwC7FHQ&{j6h=}AA4FHaE<Gm3Ss?}2SYpODp;0$FHp>pFT+(UM!RBD<N<gV<xd^Qq;^xe18oQMp1(7{=irs2LSquDut0lZ}^_)3S7pF_Hbu`8i@4m|Bvtnxtve3N}HTQDgy`XSe77<<Q%B4o=s;t-`49zXyf|0dLarG=I_u3_G<*Ub!dftqZLb?jcG=)wUSCLQ*-SccV@+kc%^Hgq1lt@p$y&`FB9+jZ4UFUA5YL$3ny_a+pE)`v=yeFHW+t~L=H|-+t_jcs{MYOo!<nAImv*Jz94y`SaN}P;)YKf9)&`@8LQYDS%iSQHyCbuu8adV$zawdBXAS7pMvsBwk{jRIRqsbVn>AILJsY%)>&4P|L{b?%i_;5t@0fnNPK|PJDeRDu@yA!076lZHj4e6*Nho<mQwyGgdRi*8HM@Ak<Q@2Tuu5BglTQwqLNEyX5iF&+QBxp-oM1d+h+VU|ZmOKPk&5q<9$shMgLhACz9F=qxGo#0@6A|Gv9l^N!L{~JVUbJ*NH0@1aczH|>V{Q$ldliZvu3H>c*3wo%Qk@dBt0GO|f?buqcd#w;K(?pBMK{>FjsrKClzs~_i^}Ty>Vdns>c@@R=7m;kp^_wR*?3T`0!b^)lSQ-MT<y%P1S0z8Nck`kWools=&3MVH%;5bxf@Yr`<{+kiHd8+(Hf};?lnGMc~xC|OeJDHC2y@#q*EV#C9X^xrBOoa`>NcIM?H64U7}o?Z0&tw(MKwpQYH>n^GbN>>bUwWQb-;ANJ6pc3y|)fy3D=q1cmxu(S=r#bUcY9za?}pey;AJt#I7|>H><nq{ReWAxN~eb>6lS)?G_zRG%LvIzV)mkrZKQla-$3f;u78cYM5H<Y+CsQt>V>>{GZBtPQ)4a-##0TY1JxXYQ(Vfl^f9vKCtNrKHw$*k#rrH4Q!2g8iQ0tRz-@|2ntahJy=Ham~^4_DLV-9#}+)mb9eS+lQQ1mFgXLHx^C0Hs#x=w1=iq;;pF>x}kgTK(RP)IZx;4ij!ROS<<;ULQ_l9wWGXZZ`Kf}tQgWMe5S@NsIGdSOVJ&wAk;LZBRJ3TX-b+dEu~vzq@CaL6Dn6Vs#K&QLh7xmNRl`8yVeq=DNaE*ULf_*K#v4eK>Mswr35QtGvJ(1"
    "j4K%N*c%>GJI3~|DF?+ANPgPu8WpMLb<aS1LP&9SPVB9+<>x-QruVH85@=j$>tyCP#z`kfCViA+p0vkMRJ45`jT7=6Q=5tA0NtW4$<@ER9$C9>DM?Xo+CC&Hh<&-wf#l<6y&h3!j+i@EfqYc)FuAUx3sROAs?ycCYmQjw1S(VZIKkzS6vIP`C5hbkZAX!=TI6$7>m9n8d4nTAOV4q9Dm1U7DEDZ{k;hDgOwx=w1d6T8J-S{;y;~=;5+U6UD)OP2z9iQwI$OccH-?53y~n!y+TD_jn}zNa8fP$11m~W@)ezF{+`<9Wua@rR!kS%|xz&esw6yi4E2IW<pIfCk(Vv!%js*L<6j`w}&LZGO2viQL(p)zh(U$tv=y;df)-|T2%bn#JK_7v(#x~v79#2YF*+o~VJ?kx8qFvdPjx++Po^s@pdh4U9b7d-w(@@n`j(A>^#UxPH%C2n?zBW0Y73U4XMk>s4C2hrBkAzrnlI6!yx@!6Aa5c9=o2w{SYFElSO_zSv8i+Gb-EBrxcF)cV6=qB!MFvZPDWs#j>^@&HEicMdimiN&Zug_WboNB9)<Q>GSG1z%vMAlS2Qjbq3xJlTt6R`%`)u9Klh}znp4Jdsp{>yRbU#(c*KVOI#W)9xs|9zJ9=d1P8=9?JFPhAySm$Uzo7RYXCC&;|&N({wppa|H9G~gtEf;A?q9kiw>$n6lqg7%#=fq|!qHX8sxrN@NuC+aGaOJ+j98;uaoib&;4#LOiv0?Yg+>u;yGBKPhIppJfJpH6S&6KZgz1M?PG&_5^x@N~+jU$jw2E~cc^&9u3&_3p4a|CB7&Q-qqTv^kp87A_hDjisU<nQHaUUlgJ!_`5YC<<8tZE54X-xKc7x6d8Uj15&|*o}KaZ>!RM>{|4g$y-|MzSk`f@hn!oH{;Bu`pgBTc_EvUIyzcg+F}9f)4BbOakLbQYsW!HtaGCtg|2k9P8>;``LcqNPPlfg7z~MhG~Kle^40d08Z*Wk5dk(m=2K^p^awjktDvouCErPP78$jMCP*zp>Q#EiwEapXttn}{D^5(8+mxc98zbA6Qc2;%mN;VVOMNeB_r_l190E11uvRinUUs9Tt<%+0IkdgCJEwbJwkYy8XHydBqTOLK<C%A6(A*m|4?!2}P*txEH;_y{S{J^FEf}nmZW_8#O}=1eB(m<*sXedqGGGNlvb0%Rn%b+nZd|8c9c^knP%&yvnp0^&D2`Gqg%Fw)FWfU)Fh`GhcRS`)ENPC^;7-axJ0xk2P$$*0sf^B<f~z=rY^0>tq9}Hq>=8#8ybZYPRJ=~1zBIJ=^jKBH?h?8~ecuzKNn2|VX=Tmj-f~xO)~<A<BgNTUdvELb?stk-74mz1-afUpr*zS2x{Dx@*W9&s)q7ghezYBiLtkST=AqE{y|!;vPo9-z7qz+5df@R3Y415l<UTam+O;=k&~qpCZHcTDD`{5AcZoiH@6!QB4c|4#-eoaCx?`J;5#l^=(j#VA%uqh*T&_h^Tx+8n8}76ox*?qy_Y!A@b!PLoyNVz#`yes;*;S2Tj3=z;m)+@i;FQFIyX*GGy2NB#BQ_GV9uV!Ez2#DWmCct{^tPp~&>pdQ@hZ1_y(K9oy6Bqk)ZOY{cOK>rW~2GWkF*~X=E~RcSs-*qX}gf5eQ%y^T-{Y}*-dxvh?ae?lJJOeuOhm7JAK|cOD{=RaMww3+K#PgDkIK`^b90hXC9AxZ<!;v&AoZ3A9oA+6(^amxM!zRPUVz7`$?*<vvNwCKB)dVSH?Pv;ZV!=N-r1o8MmjM_oW|V<jWcK{T6jEw`MJ$qnKGQgw9Fj_Qp|^&3f95W23#c2d6WU=SmP^WH_*|QR3X`dRDteT|3oVu%<a^m$G?UEX5-L#Um*6cqHmGF7@OYal4Jp)Vy(6t`^hhrga}PLSCl@@^JI9B<{ZFHVwtq4NcBio{@JicUe6;#bTgE2%R*2FK&^}C}Sv<cL>~+K-!`3DkOzs*x_v>y_~p;;$v+|8b`GlIxjO2Qp9Ybt?;@Cyh?G=k#x3Sovo1CT;W?$72=kscH%{&4$rI6gu~j*8JxLD<<x8_WCWgSt&w&$xHHU%{#Yl4(A7H~kJFuY2MA3YJJ~^A6wESb-e^oF`x=+YbCOip+2IAdl2D^0MelP}N#zU;p|UR5S^+(w<HQzXB&n!|Qla!MYFfI~c2AuYWmnp(Xzd!(Nb6I=NnN@{+re7rqn-P-a{XKE%q4@-jP!MW^6^JGcDy>)Z>84#6_vkqxe4v#vNxeK>MJOZ`2=1&kMx+~ql!GpPW>rbCr^Bf?#a7D|A-SikgZ}FEY+`<-<MxBtUP-({{T}`E(IIqr&9j(_c~ay)E`H(&@w#KMQW5XFmij8#yT>1{~|()rS7ej)cY4QfY%2FC?y$Y_*2UDW|>T7=Kf0dMuu7j;Dut;S1V452Hgt};N!)i;+?O=@*fPflpCp(hG&18)!_b+PEYOGp^`H0^hXM6^@lwKkR2z3jRYTIWH)<+$5v9MWQybC)tEh5p`0(Y1>-3`r{Uj=_7AWieH4`6M42D1V`V<Brd##}y><o*e5L$w9cxn(Y5j;XXV%vx&uQ8C#!Q1WYxg=*`G9yn1(RBzJ!YdMEHMgcrc6%cuUX}XY-II^o<ueJ1j~4(I9MhPmS<@6Y?Z`ppE&EEk6CZbRNedwoGSj<btAp&KAzz#!e{b>+B}$*k?TkJ+8ir%hct`X1Gvm)jpkm-%`25g%jVy@FqW)%&rYA<{b9#&%P^DS1<N)Q?zpu|D|L*A?eNFPYxtw|4axw^wD#CwspRr_i<M~@0~-cozA0q2P;0iDze3uuFX;h&as{JT$XI`apJ=K70T$uw^jWjz52JQeDyM=uDKTG~cZ_EWoM>NIN`BJY<XMe6Kg3FMqISTFe?9WrXMyq#*nFdrDihXBWF}DON}K|Hr20bMJJ;#QVNoUtXQm2kkskjo;dRcQMyj2Z5>Wae6$7^o<Kh)>BqtBQ495JdlFo$sc!GKMJhD5q(bG)Rp$xAhxqGjryVGpc+4183=x>>x^GJ1?<ymXm4#svLH9?-Of-{YgOZQ6lOdGR5MqqOW%<d09NBM3_BwG6cw#+wEzL>(qm$+*FrIuUgEia$QczWdd`}zFo|M`pnKdj}?O65Rv>Stx^dAwPaI!5)9-*oE_kJG=vm^ZUhf2hWSd#Ml7GXV4XmbbT6%<(`pHrg{eD6N$S$=hF^;NSMQ{cV5S-}bltZGYR}_U~Hy|LQ{j*?H6cEd@RQkGl82?Qi>^-R!^gqyOyZg{P+Z_<(=T$ox@-N`I<Dk?~@*Ctgz_B|dx%`m>_@=<D!JIXuEu`pj%=<lo6@_In?hoZdaWA68>M>QQ;gu=WQP#mHZq!d57QuNG5%$<q3{ikV~0p^(U|Uf*|iFp7O%?#UloPQnbVqz`xSb0;4<(&MbXTwnW<hWjPSV4q|v_2((_;A8BaZL`x;1+$MJ(wCYwex7W81mCFh_pWmNu4(pXH>3iva{X#8z0~!~3Vpja*@RMBd0B{;q|9JX1Sx;S)V$i0c_Wi(AKF^^T*ye~<WK70=~(gQ15#7^*hbo?o6@WLeR?GwnAtvkde={nt!AB^XwRSSGcYU?m7c!+l4*1+zY&~r`NnGbhEL7!kv@H9G)nuSKYi~UQbzpPL0%G=J;kQ@$<Da-&nOB$EYQy-K9-o?o){byGhnBbrhT>P$|qy~(Y1nvGP^$7n{n3XRvlsbh+NtEB#9{E<AwPdiud2A3(8l}twXW?nQ--I+iUerJSAfpB}3*G+MBEE56!8^P|N>e&-~r6Q>|}MKSG8zy;)Vh96A5}=!?(Z{_uJGbmIGK`bmTROnysbBmYkO3T&Ev74W`OEKx~ce&Cl7nE6r2N>+aEyOuvmYv13TRz3l;{Am*M@dx}aZsTW-96#UN_@yA*Zx!LQZ2Zpr$7=lA)s^&H4&qx|`ijVr(E0iKz|Lo6*UzY&pXGA?#KGt3KHvD^Ti0(<Vy9mF&+YlgWAP{ajPtD*8Nck+chkRg?SJkO>9ZRYzAJ7fwePz2JGB3Chq3mlhx~TG{|Z)q<G33%aw1iO``JYjPO6W-"
    "+^l_Ai=PpwPms^kD}=x+4wh;qNVK<fmOL|tNB%}$P~Nu}gC_&bN6~Uqp)3>eaIL^3d=q5qLkt0jz_}j|Y=ok?0twDDvij&0Ds&Dd2x@wC(5Bm1Q;!1B!2BK^4lq|k7vD@kOWZ8VM>V{%_nsR;R#Fx#o}`?18#%@^QK?^s)<kUf1NAYq-qOAm<b6RXoucSFZUe>XNOq<=3E}KBaa0;tVh}M9a2Z_Uo|<9oh(T#rM^JbkPb@a98L`e1J3fALC9afmTOdM0`>xPLpglU;a3Kd`aUT4SQ$#vyK~0fU*WN7lr^0bJUy4v|Odg#EE|hC0Kn|>@5Q(N>-`rFLltbD$xc42(J96KEdgRRlMh?6A@<>JZS@W=SnBrA%PC!0fLnO=SDi)1PCTvE^K{F&$1`mm;1%XH`HS}iBQ>4G??75je@?qSDEYjwva^9#GAwL|J-!&cpBKytLc%;dsqad27t#)myI2xMBI9pRh-k`LubLyU2(=tO>g(JdKN2nJLgPWCL*Ncdc)sFapno=^(J|!|Cip=4G8O(Y167oQFC5Z{m!qok4W1#7#Z5JD02;KhVGP}?W&hsysgH58Kavt>n=Q0bsWngzY$UM$P(pS$jXij-5`khmd62{(yUZAIrNIWywR@i4%Kxv@vfVL9_3Q-QinE5`IS9I`m+Q%6Mfz2zPtR{gpOMnHN$c%Yz;<jT5jbfW>wLSF;yM=R!O=lrnEb;@xGfHK1crhn}P1WpA-8|)-&Z52`*On%;I#jPdO1(7lxokM?)<D{iB9gd~Z;N&Som(mAvBwXiE`mp)-U!;^5FB75f)yD^IRffJ@aQYLH$>yG7@YVBEyo3ljWtEzf`z*CVQONqk0R?Cv2a=<C`AN`{h}kK&**Pj@%SjE&d(XnZnadC;_BUbO60ZS(q9zhPwYN+B>~7WtdJkk`V%&l%IK4*iIomIu<+#E54j>9RE_Cz7gt&NE|`@(*9IqmP#qJ03qF*!w_qJu90q4<gC-`<CFV6Q!Qn<EmAk|lZYr`j>4XrWt!#Erl)OvTc9kR8kFLgHm(z9Ph`~~DARdFfeYw+YrK(~Ni|3E_`2E9kt&OPK#_(V!y+cO6R#|izqGn4+BXsN;GomeZ6&ghnHiwAOA06{PN0pncY(&Z4kK%?4?ud(@Hwt}MRgA+ND>hEpks?!>(kUd4k{?U7rI<B#)rE(Lz9R32&XUi3g_;tN+7{HyHUF^6x5m+#XZfYNU376qbYqLX*WL>)Hlc&@gjkIs#d)Zt(XMRVVmRooXRYEy>xORNQaCb`cG5fdt$rl#)T&)vj;Q+y&al`VAFvwYW=QKGYJP4974l||lmw03y+k3^hhor)wdoYY^Cb-nVyxXLu+l*E4eT^ap^g-DDGkfl#x*Mpa_3{rmJcG|1U@Y2`J=N9SaSJ(rEnjyCesUeLUhwdLcIjGZX%Ma*@Sw$zwl#_SzPJ#TbUq=u#pVyv`u?}E>TngoxJ_n1ZI=NVGa$a$Ox6Lt972n&psjKg(j(R>ct}KSqQXsgjTY8vXsWz{fv9PBlSC}g+&B0$`x#(jkjmNa{LPL7~2TSWAF;(Dl<=saxfirq1tf2tMWLC^So_QIfNShV+y0Y=GZ$gLMLxnXuhyWpOa8%zzPaeZx9yH@k|_G#c~*L4zSMtyxYz^-Xa;(&szb<{k*3*Ed`rfQ@PxC&CNi<%s+@)$T7)sjH7pGmL)C&#YdrHOw)LOFIwRUa_Kc&lEjLzxALlYf5$S>bQqj{qnf~X_NNx*halYwEf9AENZjxoA4zDQG{w;>!w8+YT=_eG&mE2?AI_g5vyaq2@Xr^3*BVoC_bxqVXi{|Z27mg^{X^r1f?8lCtMoH}-qM{r)SgU5;v5WHa1(p&{@x>UyN0FhRzo8=R<(O~6jr!Y1?P5JEmY__D%su%(a!pww%U1)BQ))wm+i@nuloC1oAZd$0c!pE?SO_}9_<ishi0+j#Yv(dbX>mP_?)<~xOOgUO9@kF$0ccUvvld~ILnBJu6Elx%<XmNkjA(wQ#u!Iht`S|#Cd?xtRsZNCW}}xM@XY@y2c=-iVmA~`{TCQI3Lp~#{Il5TV`-1)rGJlO&vvB5^HOww^>@eRrlu5l}s6}du5sqBI&ZV!afJMCDAX<RPB^gC#Fc!xEoZ*k=DT2vfHR^>GscBrrV0z*`_j7Bo*z%So4Ce+;p@(!gRE>j+pxc*wrq(m?q=gt4XG@(zwcdQ$)RQ(^&J$&kPbedu1+HQfxV-blsYomwwAL1kI9-w3Ig*S}E3<z3Q~*qwJT0=6xzSX)ES9Sn5g>gpDkevb^+o1pcyPVJ}})4qMOt2|zg$&`cor7I7A<n1kJLLszA#g?b5938;6kJEUuiipG>RRTPE2kr#nU=#(=+18q*Gr#8rDPL^W4<@X*Jik#jwXeLy%jj#^7lP15QgaQ+ijZBteU+v6rIYZ;>B^!>ox#S5kEkoar_Gu=E{gs#>N7v0Rj81EWAJ_%;&O*sR1{SR*i+yh$l^A)1DGWM&&m^&KUv0uIV?k#p<*KxMYeR<4yffF$IP&F%+O=eRw;|1ywR7^SQ$rr)AgMK1?W4Q*iKA1DJS9fTQocbO^fl~^b2YCWvpAkr+o^d(a7cP55T&ZZ)tff`xn9Id2l7+asR~Gxi(PMfoOGUBwt^(YWSx@S*Chw}I#VfxnlU1lba@uI{(Yg^w-C80gEGREL4!rnuO&dHjdGPgpF6ib@dBfM4&F+F*qL!X^Y-+V-wY^l1FgM_4hK7WnMNf-xiwJd1p5&bt`%#Lm#V<oE`K4IR?yFZ4LS^=#gUp|r)Rx)9zBXJTChyU>1E9{_K<R4I!#9Ofk?uNk<^+vtC6~)lC*lkPl?JVBx)4ZK67{KDd4FmQCv1ua;<09bd6&N(RXJIw$kUog;|rtA&+B<6JlHw=h`LLfOF`^y->uexox0#mUD^N;dq$E={kAoiP9Y~am*m@Hq=u(D$)Ibl;`A%RWiBHyOx$qwiv#KNE=lygu$GjH|&odP5fEpP3lL50@1Vw{zU$e)uNBMSaqle2#FM#er$;RHc8uocKAAu$Qo5f&`o)2ma@#2TqBh{G$lD*b5k1El%#HA<}?@gFfA#N6t~V5t8nGaW-E>Aed;RAT~n%2D@VGD)netYqGK}_QA=>Afx6zJ#hoF>oFry1x0h)j&UX}}EwL0Sj*>#Y#qAZ;3#NYd(AAns#M$Sm=`@w1o{!FL#~CF_5<`^T9x?rl6~xWMsb_PP6mzJ@*z+7#zaz7{XNOif{>cBKC1u*u5m@n@;*hRI_)_YXBeV{!`^x@J>RY)`mtTa7Yj#XW8+onm$~VUe>?#UD>^V)!NmJ{SoRDn^X`OqeRqorMj*!?zk`7m{y%%G?BjWrd%kMsI?;9mx`Yjw=6%9Ix)#$d)z;B7^^_*V1gU6b=L%I0DLuGDnt7Ky=Cc!@J6_o8Ri)^&HB9*qrV6x-X$%d#-y)jQSJNrFE(LJ}^+hyIS(mf;W46VI)#L_-Xh3(t-G?Z8AM?0T;rG58~Pr`6`(aMv%<aeLqGa_azMQgGh=Oe)B>+UISZN<UM5xow$OlK@*8~2_%%B{EGU9OLnlQA@>ztbgjKNic5Mmp_kjdGY_+=J6caLz=l9j|wdSPIU1?25yleUGyD*)3Sdx3ljmd-Y!FOO&|HeebiBuHQArDsAsmxHpefk{UNIuGGpn<4MBYs#ROQFkO{>a_)UB*jFbujbK+wNjNv)#;WG94||_BGI0?*X5}0r;l7{X**$SOU2rzkKonh7X=!gAe;F6<q$yrFnl5FZ8Qh)jS-Wh`bp(|lB*oGk&~;`+s;Qmuttbto(pRMI<@Pc>YFw=&Uuc)n*<;@_Vw9zHMlY>~tvY%iAn!iwxF+4Lu}5#Ut$F2~iVwfjdpZ5=%^1aDu7NH0mR8PX&71LB<Ynct&Rt<Wtz*d^ty25eI{n&6C!Jxb?Y1i1PTPI-l6!JW>a@KyBK?r`N@ef8R-R7pJ8@1pdq(Ang47GXsF_$(tD#{76-YNJ$e()FK5VJ1vx2-O;2g+{mwk%^MqJimZWUne&lFG!`dqW!lm=I)lIo=&sbPJF^($cX"
    "u3%~ORYhZ5Zj?oGoxZN<U1#sxiP+Qp-dV_pO0aQ<l(bpbAIH|ElD(!yzk=OG+qT9UW494C=IB0mJ!yL#W0bnx=ky`JOMS%Bs0F{ZYnIdfE}wh$qPFY7tGjG2&Y3MvEY+#jm1{qqT{DeTx%gRAD`MWY*NrDC3n%E?IZHIvCWt*@F%xCHQXUZjoJsZsp4&c^W<=d%ueS*o&b6pOpQlU_XGJRPL`e`v<s%Pwbq*Rcx7F^NU88bVi0C&y(j#IP^?qz`u*@y{Uc1-#QRtw%?~T0Xuo+oZ_m((`vlUZqNm`Q|hZ3nhgY|XdD?wx<lh(s@-2CyRq8ZZ`4D5>n+3zLc<;NN&clw+IAomZQgT_~wIRj*)e2y!B)JpX&7Z>JNnAQu7%EtWFm>pWFuqchg>QE@-fd@8uj7lq|_qCqSBG6W*KZ;hb#wayY9Y)_z^Yy1vUe~Hd0;lfx#@D{pZ5&pj*`lvy9}_q857Vg8V9aKFarXTt3=^KHvqNFEZ?U{VYrfgkFK}dh%k~b*3#HJp;uJR=wwn#(P?kO4#ZleT6AbsBKeE5QIIZVBc5_l50DVCl70P=4fV<>Q^0$!xJlyAxoV`^t%*VZ~A3Hi~0&B^i58EWIZ-IQ~ujL-Vtn?1$>0n!<yhFxEJDb$LO1IQeYx)y;Rk{JC+N3eu@_ML*{fZ!svNG#~inzbvtOlLxkTYeE#dg-74N4{V)bschP14;w3qEt`do2zh9_Rxb<@P}UROp3P#&)bH%B$piqQUO@vFLg!A81p_V2J{QY^~bx*47UiqhVgb$}C?PfMFHu!zq}hFL)rgo@=q5VO2c0>x`bgm$Dm-vZvKuedq0Em1UHa`hnW5L+w59u(c<bJoh4#Cbkabz1WMiYb~TsthGp<EYrZVH`t?&^oUpEv4A&hqdgVB18cp)c;}-I4QoH;NuQ1mH{vsU%5y868xnWGBA<^dT_@jvMd{_wgj=~x(#+7`>o~A82gZ}ht>X*0bCP{QFWLsHo;_Z<`isce-}P!G2&`inyge<?AHZ9JG(WhJnYKU)Jok9|@5i_><c1#LBlCXbUtr3lBb9MxavG_CRfm^F4TuAmexP!0641)$_UiK@Z8)jrGOW7OSMo)5C%Nrq?#<o3d&e`~toPE~px7yO&z;6F_iMZO)2UyjGaPc>i{8x^tc>@%*CuU)R7pK`a>1;86#OARP`<B0>hE-2f8dOGSSIL?s0r+L-tzmj&JVwG_dmX#zd#-T69qk>r<y3k$<Ri6o~h)Fja~|g+P>QI`D@x*s2%bJYbg(?tv7P{0JE(0$2%=prmUWO8nE69R14ni0Vz}azk*KvUk}gy+x`yC|6(GE{n`2dXJb(QYiy77-;9F%U;NVFkF<Y*n*MiM`@che`JX(){?C5$xBYGZKezn9`swX|$(Q=yK>yqRw*Sf*F8|I^`;#bW-^3A6^6w$(*OBiZJYV}^$=K)k^9W||ux3B!wm~WXn5c;i`G+%?|G8`=Fv}mm!aq_O|5#a4{&z>vf2{fM`6`eKW?xohwts%$M^NeahhHY3{c~x_|7LY7*}j5e-v=-MxTge`Yx(nFnE*@nVb0hexrX<@4QRhUg}=|t4-M&0YESw1TV7iA!#aD`JCCzPPLHqnAAkL0I+*@=;QGh&{_#lpKR=q=zdus{y1bda#NnS;Nk5_V-#qf?e}4%7cY9C#Uax+`|CbPzC|^DtBjpU_r?mAv2w(Tqgg-vu$2sq}oyTsn7nWZx<4UybzYn-Rgu?og^zD~N2Dy>m4WuuP^~2BmJkR;D`K0*o8%%n1tPevLk-uX&pT^)H?>zZueA7SPf!cric2qvJihp#t{mXCv#|Zc()BWpczM1eZA!y%e{;0c<vGUEd|MW`z`B?tF?6bQ2w}+4qZ?&Xn>StfpZTW<A{e0Oss|u8tjnBU%H~W{)N#6x1|LcLL{`~77^D?JT#C@K_z9hN#>Gb`!pV^!~BVT?mYd`T|l#h?$he7*0H0hrcqyDq|%YW^FmjA=_vd@+6cb@*E%kBR)Ccf7w_8-6F@kGCWeh8@c=1WfYbCLdNp7|$m(=!YGER=u5*8kJqcP&Yh97(EkbEEqIUwaRp)m=RV7%Z@Nkdujrl9D9h%$!7;k}q!eC!EG7@%H6{*gmC7wh*jy3y!<62DDw|!OX|olexGw5`fH&ycu9O+%qngLQbKfTW?0mLf6d~M^b<mvLpKO@v;VuR&{ruaEFA`3mnjFwcmgC47>pGot<;8l5q9_fPO#`f=pbtd3%Fr3D9cpL8-vVQ*CdIfz=%o;A)P*xzZ+sa-Qo+xfH`MZf-%s2hzI0g##MR-R@rAC?SO$SVMzlxE^5b(bhraov@MEG*$@Cqz`b4U~c8Mg@8m;?q(Py**mnE0bw|VQS#!laENkPDKz1R!75TKl5PMt1$oUeo$VSEG*}oMSJLUp0GxpVCF}y~lR#P7qv`>1lMWs*r6j{+H^(ydxli|=GRgG5#SNiaCbqoJa*WkOJQ9%Gd725~tLxS2dtVtXZyeosarYC+%h~Q7*Scq#MQfAu%;Ok+-*e_Dx6~4LtcyZ!>k}6RUTxTcgkuc0gyS(8*R>SE9b>c@18pNOf!h+eCai|jsOS^X5eNk?F1kG2BjCa44bzmsDY(z<cj%+&Z6q6JEv~ul@T$8JBkwlM64*`BctGBe$ktE0wcsl0jmivyt*S2{_xN5qy$;KDMo6FY5eCl8BT#oo%tc};YUZkdW_R;mj$5eVYL+{kb}<Hu;>~W%8*y6@rV8mhw-j&WMwBf|9Oi-wLP4R&-CcpPcxYe(EvB<(4Iqcj&}Z2bIA;O4&H4lO-pAFtZLGD|b|=;QFgdu}9w)gkU6uD-*epmVAVU?nU>h;?OaMEbyKew4fIH%uWV!?rdS^FO^N|y0gYbhLjq5JKwc7xe8iaw;g;7(k8gQqhm1o4ZJ&6TbYwZW`)f4wPr0EiXLXJ5mXfWsCL7kFKKNoFs9C%kW5;_Y^vwiAPuQjwAGp+YgljxUn#O-eN*ehl~y2{XxY^=Jw347a7N1!-zY@9JW9)MXEBHY6h>hl;*a|F)~%&l-iPmF%Wws?xA0u7d^)B_k1$^uiAiHS`&gEIls0>lS+fNV|C(%iZ{H37kO!p=m)EaVKBVfC8Oc?BzB>tHSk#l=qR#O*R5iQG463=wdk8NBVa7v@@hji|1B5Z1fkpmDodgU+*?U|)=z)|hh9{UB4d1G?&_5Uc64TpANHIC&asmvdCx4ZS%T(QnXc9TNleJe9}=W)*!q*f9;9Zb-LgaNtI84tT4~z-Z^t=Bk=p<Q$XL;FG&mYM;4FAiVpu5y3RMGNoS%mlbKt*@AQV)tRi#9yL~aN=i{mn{iKFMxGXgo0ky#YA0_dxo=M2JtKWV&#s$iIP6GNMo+MHlH=42X2rfH)+=U!WY#Q#F?WptUX=;sBoE2PQi26JLYmo>tXb_E(@rsxbeP&mRdK3_C}ru)8|gf}6*DKP?H=j5*JyVg#^K?Tm8Rt|caJM}EoszMlJ}}qmBnV-=DZ}uCQIA4BID$)vm&PS%&iBmcb?9BjipzO+nlkioYs|Inp>=7UJV&rxP1F_jyRL4x|a+lvFCOZcAmV#O(DvrmP&P%z4BfLXI?<*<V`DVxA0?j-EW<sZBq)D&{Dh(hwE9kWoh4%5m$<5R6m|+CGHj{>)MS=m45mxv#vqayh&I3b*8(}XNx#t+3FU9_tpkI*so+bX-%RAlofr4O*ma}wGT|pGD`^dATaf*>>rYJle1-C>i|chG02<!n6YgxPH=6@N%wsM$+Z~MD?I|4t`3edI&Ee|)|4pRIyIM2nlY&=OEb%N^f-)YLD?0drb(`oS9VpY&|;gBoV<6ECDk~D5#gI$COpDQN8I93UK&kRbEd__yfOOmYF(6TiE`seVMrg-dS9boT<TUQ7pL&7R{J2_+SNANq;L#RF&e9zZ!cGz#G1=s$~I<kk}dn(2i->B%(kT0a3j|~w*V*m=;FZHyO$Z}-i=;UXmJ{i<ea+aO>+ma5k#dufcBjQHn27noNF~gNnj`&%LDyvTsYA7jdd^`Sd*t8EANv9r5(irMC<~ifs%XP"
    "eVB|p!*YOqilz2OSsi!P>b!T2%5IYl495WP=Je(zc~&eRnj9Mj?`~~g5ZTKFTXnHB9D-V0nG2_{RUY$nB_sEtc-&fb;JGH_SZ2oN-fhu+NvGY?$^@s;W6~(nnoTDKu-lp4TY{R$`fa@Ie(y+7W6CjeaB3He?sHC`cgoZOYM(G8cc+3HVmd=->;_zbK{c3fB2_2Of!(?rX0tmI(QXQz)Vr6H_gvrZNpaq5xTLMB9%L)0vqhsN1&r-=ryD8c7>sgC=<dl#Hj>l14xNW;tdm+?6u%6{3^3m!O`p4bQ@70^Cl)zRu)6HDjUXomxu!0a$haL7q?}D!k)1_WUpZIHj3w0AgZ(*}O|k|%*QKf3A`+k&c@fWhn_DKi4(q6rtK8bS$_mDfoR^ZDWVub&sa&$0^k(D^t4t?(bXStgXLV+re5PYJ(^;WK3fFU!6Pn#yM(2z?$J(TqFk;=%E5*W2B&R!<T}cryJv}5h?|er@GW1fCB5Ph+Opg(kYi=sZGN+T#W{FRpBF~;qMrd7|>?9kRK9Y8P$JERcDPJ3Oic?pQb1C!2I&6lR3$CjR33caQ>*SE@G9^@ly$uzk_w*?eyi<%r&*oNQIcLR^G3Qi}T=TdHOAUuArPG<0m9FZf1mlDR>ymknaC$`e^|i>HJ19ZFlaf5L;s_(0i{a`Vs>(b&2sz5B<VIbx$g8AAQDc&vlAfg9J(s1=8xy)_vW<hemXWyDs=<T1t=VNxEA7x6`(E@VR2xmCMH^G5>qX<jKJ0zY+$Vc2<XkN~W%oHDci&6+x*7`yZ7%FFR~D_ZPh>KkHg7-0o401+xYS)$feTi+lBAVwC#6eXiNper1)o1-GEp+g77?2<bg4{_JZs*dF9yqMTExjM37%$q)BBixQzoZM;*|6}vsK@46Vuk#At5c}UMYwqX<L^WZ(E!cxhCb@JbSr}YGO-?Ho1+LV>hI@^9b+Zn5Sr*n?OyJ;0QojJVP2f@6OrR#A+W~5zLCAa&C6;WMYgvx9mA%`kq+XYE14XPA>5DyuIBXesnj?5|C>*^66Uu4b7-vp(T~k$+;XtPDV%TE6C*=-KB^jm2)8&QfF;!VQbA%E~;$wl{hU4Vq_pYMnHILX>T!(5pl^v4?+UhyKc&Oyzb!K8NFF|^=`ANZy(8_To;T)<6)I*7b%sy2jmnsc$5{^eOD$<wE&@pr4vdt%BbmcL8|UKW3wB*%6F6&vIh4;wL>o2JZxiCXUtapG>^#|Y)QWZl3rvhdeu?wYt}xK&9-22(<l3CNpQNgR)(M$Pqew@cA7<8R-2ts#Zj@DS9IRi)oFHC%zeC+ZQY5v)|yw&T7!36JNxQ0YCN2J)TW~?LYj{eld{fTlN9#rd)?i7&Xr@0)s|bQYD&^_MvBs`^rVZ|HN;kB@kZtf)2i00cyPyZ_5Q>X4xNhRJ-T?o)VR`vhm&;CCPl?OPD){EJtELqNmJfMcLb4Qv0bT4O#5j;CMi*?$m1UC?7Yu^a|w$l>7+}I2$CN3%Bs~vlC`3Gv50VT>ptbig{WYrC{x&|Tnuv0$Rv4KM|@i<3oOk`MF&n&ijzmP<{r`YB4Zm+Q<ME-&Jqi<k#=2y-I#T7wKnM97lKpSk>e1O3az>jOz3Kl3ejtxr&hBkn!qz-64OD_XAT4=gB^)9vx#SON}7PrroP|>HxA}zL6#K>t3^1&2qnZp+~g%N8&bIdD}r>Yb}6JGkXH!=ChAH+3@t<?R9)jb8c>o^vJq1B`@9e5oB(d&ct`~>QZ}IMg$?x+K$Qg+U;~&uT4=!Gyqri<N-q&bGSG<=WO7b|e%zcE$$X^hRaF#})4yES$(%*?(r~Q`L{>qZX-UKei5kH?gxZ9i5+F^k$a5;@oY;g!I1QzUQqpk^HgfKyCn=5qx-)7{oN0a%4(q54uy%U++8%|%DxlU?Cz#j?D|LM;Vz}vZ;3n!I>slsQ*c<n*L&7fV#w^Oc?W$fu_0rmbJ|@SZu%MMIj06koo*}JDG=*Lbw+tPV%@vSB0VLO2z~~q?S-?V%fm_mUVAVk)ZjGA*j-obopm40}33;$`IzS*)3TbX63(3JM#6cy5s<EEJSQbHB&{)LE!7_V^QQ?XSqOp|8^gVC*LBTBO6~j($VXDJ>xz?4`I2;6cDZ@7Ns1g$HqTZR+Q&Kz&;&Nl2<Yn8LPESo)5s-T@O{h@z-j3aHw>#QE&)R3LZWzlDy3Ry7bq+<1ES?UeLN8#1RuWNdjsYE38!W2?hUG+S);fUYxM+EwvK#L}th*Yh>ly}!-53(B3>iljjR_nD?TOWljI-gn0^We0!|#2Da$ZFwb*D{Y%;bD_Wj7bF7Gc>iaRM_CQ5(P<a84PhW!R0a-E)qnG9kCRR+M5oOXH>hEYGkNobgPg5-eBDu-Igw(#aYJyjd)2ZMchLAB9K996`+5o<U${pr1H~91cv&=f~%Uj5n(TR!OpHz%7{-MKWs>sCve}mqlthn7FPGMnz??k_cm>8JR_h;}Vf>cM;YA7MUnRTDu{xg`NX}E(OW}yCaEC;Oq?)5`cdctjcPlIYD2*oJbb1Q7OCxGB1E)OEg?-#7M9zpYA6G@cxn7qf2HIsl3Hzg+pd>OQF1|&RIo{PT**Za)<a9789(=8<yBsVJuGplaAcgNr9SCl10)5R0W?cJY!#Z1bnQEDUkVeR|&B74;7UlaDn`!R2^9Rlct~9&f_^g&YwOa4v;VadA`!2&-V?rzbCQzg)^9FtpRxQS2%#<h<*VWCI(<==OYq1(eAhdvrmXi13EPH%hd|#7pM+kw2p(ipG2_kCx3?hr3H*NP6seInqi`0tshd>2d_Ybg#AEs2(ZTJkkQ+9>$nRU`N=Jd^@$Iu48Cz*69ic881gH}-JhSE^yj@dkM^fAJ{n&;Y_t+U(HsUWz=wP+$l7jPIJeKb<6unqD9i&~7<zZ$?hAkiembsTFEljqujIMw7hIvWF(<mudUTz!^q?Kg3FijlNl%Q0gLVZ55IJle$b>KCL^}E%A8J<l0tlo80OMH!-LL^Pi?i$l)7TS`hAwDbZfn>J;1d%+k5t-V0@RmH9mW^SvI7lw0K2_xt}H~^CneuyqXE7a@ELyOi&)+DMNl31V2$(#^rsJC!)&0=Lpi-Tn1GK42-?%?_#g`U!Wh_BpAhuf>!WM^abBAOpxp;qu>ApfEd2sj&CgUg0|RsB9EN7tIi&{1fkYpB!vrU=eT2Zo1{~Pj3&Jj2WFQh&4$d+1`ZR2Tb1g8g*hNfCK}VXek8zyucu$=r;!hO_1op%ZAb@nJf4v4IR`nnA*#c;S>oMUMOu~T%5L+E6tIrbfv=tR-xM$Z#e;Bd8^w;x&6i(tex&d-=6(FGZso~%)OFs<l765KQfvhtD1?$PBwD!>~ua9IVp6cs|pyvHE{P{GUe<FblOR%0ki_EWfw^xz2+eazw2e4{1*?_cXGU$b)j*E%b6p0C#ody)32Z(3Ch&*3lwgH*?4Jp*U1BSlG;K91sYpj~ki+#p9<Fwv!8U#3f_GJe{<(QjeZ`@rlnPb5_Z@XB>8gREu-*CVtRy(dWAONZ#Yu~^lAMO1F(7{iPv;73q*l(a`v4Oc^pGNrd&&P-b_!p)0A;lhkr{R8<Udk^Bwt0X8ykR_BhA}V|FbsVlvfk!T?|@<U82j?*sw)fvwAls>4e)jV)Ih!)A7J(6@Q<K=i|p6~0A~Am3Vg?G_3u!g{#ST7^M69!`Tv+C_3xnN{~C2+|EDqctNp%ebN?CW{(e<-_U{$eA4tFptntx(NBluwjX&<R{vRKN{k#7CuZ_<36OH^&qG0{RRsJ&f+Q%qkeSni6+m8NAWQ{)#!uAKy>h{lq>_?4%(2eI;w}08A^goXBvHo=2+Al!H@h1b>f9<sPr$NzwEo1$|N!WjwMgJUv^C!#PGYS3!JbL?1kd*&6rp{l&SC2ny^Y>-{PmuWEoHPFEm;Y}synkPRU;n-H@9*pH>+kFD>%Zff=68F4pI?u%|8O(@e#Gv-9_IS*NkzXo>h|$fZu{|@#}5V<`u%qAUwLqS^dI+}-`@MhA8mX)IO6%}t@&?k5?|H&-G|z5jwbzg=au%8<ura@+&?{e"
    "|MlJL_s9J4%jtgpwJ*0nyW4+e7w-R$_T%w~XUX<GV%m=r>-f`F&(9-m`*qmA?9~1!*1z%E<aclPpT+*{`tPjW{?8t1e<AMvPU58hj+r(7!hrUFGVtw}&$iz;^!HKJfAiZ@$Dg%k{;(<>_{JUlO)vF7T9AHU+qHg7v6oNzux>wnJkdU`sz3Yg+vE9Pe(q@h%9L&YaKZTDOW1xLs`lfjfM0s}tEa{<0r1DOw|~gVfA#6=e!s{1v5ftdxS0R+hJUo~^!{xC+Hbt4pBUrs>w3OTqCaohZ=XZk1`ciuyA8upfSrz$PixLPi8^7|0EFf9IDAH*ku#nY<3=`D44j48{PU|k4;Bp7Fzor27BD8zXzgMySU-I&6u~}sKL~=D<4lNyEyg~*xM~hr9XPEDt6km8JI;<`InW0VIGw}J=<pQ=D`eoHqX4PX=YR*GY&j#b24wWUXFC@<w2cG5h_=U=Q0u;Smp<-6mwo!gJUFMVRl5xxsLnmAFh-kbefLwn)&^h>Y0D9<oqmyH_dQ$3F#^+8PyzNnfZ1>_jzQZTvat)++g=T4KmnY&ec@g|YXT5i7|rg$-DkHoa0G2MT%3MYnw<f(?Ko)b*=TMUu>3+AMgZ_0)5hwMg@JR%T&;C&j?wns`!*S4p59<>jNMl0IAfv#Yp?FTt=2AfKmE%H8Cbnr+h@UM8;T}N`sf3*?-wykMw<<bfD5w8UbTRE1}3!UfM6`#DFYW+*yA3=z{J9|5ew@v>v0F>TCD*c;~cEQ=m)@Q=(qPd0qhb0Ll!#b<5{}_tw9H%?YeH%Ba9EswU}T(Z3{@m6kv8bqFEok$DQ8LCa`L%pFNxbinCq6>to+5cWm--?rdY-W#}r_yS+Y;nCPu}0h1V7+Uv9Do~E%-ZSOU_6w&ut^F-l}?b<@M$2#XUjN3g<+$sCUIC?&gt#jJCX7ipiXCHK6?J@hp!09+;!<(E7NS;fXD*%&rW$sw;Ei1=78!<*|?{RT3TzlMw1M_pBXQ(wmJ!E*Z%nCHLA;2`6=UCI>HHlVvcHdp09V>D~8{Pp8TRZGFRA9AK14=QcUtNfW?0bz3ItmEgXIC#dJ{6P6j-z37)j~DTr3JK(J!9Lch`V}$1p{>JS_^^IF^Vl4vVdKal^KKwu7w%U3f8!yVftV@QyP}{*;C|B8fwftCeV&(8$DcQD-_3L*=ILBeGhgy9nowf(V~Z7;6OV1zHRlU3Cwd%ZkIwI81qh~boMs)L@KhQ-v&C?8jx1bc88AWz-poxlLUCcX1hnBuK~l6xCHM&YeFov!d)1>V*~w0D`4s~Z7l6k0B{d(8<-1$0(u`EvtjgU(-9khvYiRs1_a3lIaRAQ1ft6B0$@O*kJSboNpNH1G!y_q>*ruMbi=yGx}O=))-YC&4QrCSLjyJz&z@@N?fBk1#?*O_7W!^in@#6l+`IZ(eJR!)5Ye++?$~m)skR2}y-q_vkcsJu)4C}z%C17^hHmuTmxPVzyo;{QTzM?%-3#fS&Z=6;VCEgBncZVgvKesbB+tG%4O%3sIeXlUVRkwANbXE1U46spTBg_HT3S&V)JQOAgfkq;!|TCB)-1c_m9(tzq$$WGQdq_eu$VIl@fr?BImuAmG{O?(%&psdC#e-Z*qhPForsup3ua_lMHmZY(mj|nNk)3bEnct6$n6r$l}T2SA7?0r+My>I!KBxyLn5fWWL={&=uGD=q3rSu(s!|35vgSJY-zOMDjL<)YG0q}X&%hDNz(O<V8x6}DfMEhM@F3M(gRt+R1aNc<uh@K^m|0b_lzoYnMI)7Y_Z(oxm+vNSxUNX8Y!7Z@p!gNG&f^bg)J2$-KbHSwrETjr(74YlAtBI$?%ZN3i_#S5qFo8Obs<7(~O%H>Esy9Trz3J=9V!k$xda0PJ;T3ZIg5mF=}?FTaf8>D}yxhm?yC5Aib*O8d;~WU_ft1@wk!;a*a{OOVYp-*P%X=B#o{WEYiHP&n&V^T{V)d$l;#TPZq<I+{$94Gf0&TJ<g0`GRbmgDU9Uxqb5}&nOjqWHc4|*ooczmES!v4UaTTH8Dtd6ksf3uY0O~MtsslcbTS{O1lxSr)7vjE7Cp%`vr4_BdRiyxG#2F+tDZH9i{Gkprd63q-Q`-z3QN-RI<qc0N|}+1#-QIjGw2!QCd(!0W#LxNET4zuaU;_s!(8naS@iUrcc*vqMEZ134|koUdz@f`)mX;N6Ev43ldK@alFf&*7WpQjGf6KFiQIf$mrQaf8E0OS86~+Gn$Op5a@=5%G;+LQFB*iMwu*7cPRqImvM~?i4Mrt{-OKsFnohFQNi8D7wkGq<?`+o?DH5+%x4@DhJ=242yy7!#RPEraNkx*0VlXmZFf(`=BrlWB+Q=edp5;9Wzsw@TGnA;;U<MeKqizsYC}k39q;P}0{220)Zgp8orb-ks7J}hHwaOx^pYj;7GdYzvybTVEBwK|hH)D{zTYW_xD_YuG%sY6v%N=sbq>-!4s)F&*nVRlZ8Mg@6%*Y!Y6_G5nYN|m?uZS!bxgJX{os6vX%uJHA%1|_~F!LxEt+)j>k2>Y-Wuub2+{_z17~vHGdP`n+rN#3=jF6~acQM?}Z^dyB8EjTNoILQEm425;_^ql#rxyutnY^^9Xl0BW!6*_GCWGF?Q%>DzMb8G#NEU0Ax^U)T3%YozS7X+S>y3yAUSvx~GC7uQt9WB<q#MrlBr8nPn}vG_csOx}T6Sj5%IFqkKv|#%F}zAMm`r9}ug0__YZTZkSx4E)q$H{J+}j83M3IN|OTJc-xhE@dNT$UqQejTk;6vlC46;=r7zjqj(cxsJ*JZg^c=lTnJI-a>o_QlAI`gKx-(XO@&Y%`uW0a65lRHWy9~Ux0B%OIk4_H+)>1j7B^GHQ-MsPVL1R1qGBFLL0*N3E$L^*;<(t@|>)MAldc{ovztPg$54Odl=HOZ**R62<&vK_|T$V!tdnJlu06j)?KWeXjiYMR$si!HdrD>HUp&zn-EbwUrgBX}cAE0k3F<j0}1murzJUU?(PtP(oM&2+!lHx0hP4BK2Q<~UL16DBtto|Vj`#U_eHRw7zv7CAwX#kJVO$SOzUVI<!h#>iH$zsd(WS<I}?WS~fWOcpZJommv@%T9(X9%+e5>f58bJ>M9A3-rfAjhQU6NR|@)gQI`N_Rq(HLHg^J_gZF<-ixF&-l=WA1<0j3X+DFbIXxGllkUvL?oN_%9Ly4lY-G%+0^C@{5PE!C7UU$;1J{Fe)T0bDmJ{w85f;x5hiUM*-0<>MH&~Hbq=tiBudYzuxGAuuTv<1#yQDCIT}-dQ<TkPb&U#y=?IH)~N#rxvVKB41kk=f~U2QTx|D{rEvF*#C@N1k{bb`Sp%p~;T>sMv6syav(Em8V>e%`mJNjg)RO2X+xv7Dsv`Wvk*7A`3?Az`z$s_Im+ws4XmMoVsz!nkD5cP{#P3f+EKtHS+KsPcyNk_>tUDJ4vqq;kH1kWMOhzEhPR)>&1xYg4tN)Wb<t+EBRCZtCKw3$A78Tc0nxSIb*K;8KIA;tW=UvsV$*kyTa<B*V~(tWH#1y2W9VIa>`B4|s8!ZCoqnI@yHjQYIXi*N=r1sxsDP_hh)SuXS9Ugi*|^?4)THD`E;2dXE{XqP>!y>7bQ5dEJ}}kAjzJ_R>^mWiX+<Qw=r-<8kp~mUlt6<|BbZBXo8F1ba&)8mC98LDxw41%vpmMVA5_7hpEq6%@|1rIh<I0i$F+`7UB?6rK?vF{-;8kkEU=8&GK46;L$xdq7~qRs6zTRD5@!_i%+9_JFiAcELLfjja_J4c->IX%XlPzHR|_6nn*yHuGW#h^~|d!@zVdG{d-!kf=6T)-MpP<g#E~8EFe=J+JN2JCMcO1XKo4_gn~k%mAdBA)h*67F__K0#h6Gq>qk^F7sRk4v^bjIxZyPbDcip*gyc@Ox7x>3a5%e6s|smZQNlkdtOl8aOzf>g9o>;01FhRY!rP1w~y8^huT<V0fdUv3$wuIblwQY7+CDL__2TOtaPGc(TfEV#f8H*{CKe)!bt*F@0qzkqRnEFXaJZjfCFW?yU2-WW#|)o3A*F#ZfDE5aPJBv#BB>2"
    "+C<+t4NKOxkb}FB?tSkuPix#`Hr!PJ>YzP;unFwF;se*l=xYE2(1AU@?eU@(La`EHz@m**z_9pu1B<2#2NbfJ2i!Yv+>K?3xZuQIps^2uUv@YJx(6!fnHcb-J;hY|9YA9E?s6;-$vYC0Nv^X5H!pcl3WUpY6(_Ye2%NXeERwZRlq#R393C3a=b2!$Qt9B`T5I$yUZO?^lU|4dR%K+{&+kXEj0ree*`fiCb5;ik<A%JS@JBvFMUsMakVLdTCS*kvz{?Hr48%n#vSBu3<$yH62MOpvbmSd2XH-HGw_vop3LyG$AOVLA5M#ohgV9>8*<<2(-izVAK7Po1^HGs<7tm9|H4zvF3>@y~t`1H5M+_APw83Mxq_8Nx)^5Z&L9;drSi06u^n=+~132eg5@>e>^K4|@j6xmjD&pGoVwM{^2cisxtAHT)bO3(A7UVN<>tkU>9JIiZMNu4syU;h%5phMt#y&@PC*X_ciX(S%Wfas<MkLpgE&J#q?v(&a>8HSrEZC4r64n7<J||9t^wxTBW8*CX3j!IyQ|kGUOFB@vUzxlHNK>L`;N(j`mOB7kw!0O0J?-8nI&wZsIk|i!BAhSQ$^<a!qRr9j?0%kM-H<K~iR1I475d<8kKc6L@W5~!-*-bMj>pgjc*6qbLe2>smo7&UeeQFlUtc*f$AN9#6L;P==H1)<3-R87=I@7H!;FUwHpIsO^}8F%c^TRD^5A!!PwM!>Cprv{pLSF~;TZCTpq(Fsx&D=|Jos3SeTaOmJ(2DEJ>UOL?R8A_^)qX|=5KI2A6GA6!{(1~tuHy>-vDUhN80qKurj~$wEJVN_XV|)2JL7UjUS@fnLkXjo~4#xogc{RFE&!^U#+qJA+P<Y#ro+T{o&D!SI71RHph>QeM4`E10=Znmp1PwBZYjQzi1s$tlc~A4-NA#M7>@4o`!A!X}|><co#5n8{8M5&zJ9ki*|y5L))l85KKgeU9=A+67YKAO%?z-s~6Ov1HjVJ9#4xs12{l00Q{J<;rsw3jBj9&`A1l)-{Sb&&v-jO00KY!BY#LZ`|tAc?Z^A~b?^Sp82N;xej<e5(I;&H1N=f@^smo7ugCTgME(-${(%_zf+NiS8&niIK2~^qdhKn4e9n1>HnBTqdmJ_h-w}nY1AD%d5CKPZKKnfqv56UvSO=g_0Wkq&r**XUa?|bE?mf6eJ+#H{;P?sgzrUdU*8$i-nZRhcr#|i6;2HoMKNHJ-;#Zza{hJiYFZJp-LQNjdVFP@;VtX^hehl2NppDP+u=*Q+(XS=yW3S%7NE+vX_Q&U2@zv+%zrkpIxN-YqWeA`(YrpgWzVkJbk4oL}0Xlrv!?$PxX!Y*XzHupjf|UsJJ7T1ruh1IfE5gppVYmK6IsJ<(H-RyL25EhK_%H{LmUJ*11ZcYh1G_!eOn(HLZcl&uev9&NeXPGMP3s#RW&Z|nA_Ulepu)a1#y@%c`D45M1sU@Lw&cIu>byC)e+y)p-@5G^z7hQ$V1G>OkG;b;$kd0P@{_FCzA=g#ZvRts()>Nf>~AW@{{qXP{fhv+-(LIIb@kt`Q=RsGvH2V={@{aOJK_>x!_N1;$=;v0lFR*qt^LZBdYfQ=w#@(Q@zwu5FzWa#Ah-YNr9U9dKkvEzXzwQgWC!el7JhwWJw=1hSk~77)Ncm(wm$&?_rKUQ`G%qVEhcqi{iA670JQ!%WcM$x_kT6A+h29BYkyqsj~M-D*O5ns|D)FZ?CSRCbNKjw{fhRFK;&cmp+CsKZt?hE(eys%+DGmm{&&~f3s<hpcFtH0=>14X>wAnd#@u_)+ZOKX(t&pN=<Uos+PLj(nWIgtvF~nY&3U@?zRq1!WM0UX|D_uI!}9;vOaJTbAOGKuz~43amum1YR^Ts`{uc`WpEmyQ;s4Lp;J>g3{^#ZYh0_1M==)E%{r><VBC<6"
)


def load_digits():
    """1,797 handwritten digits, scanned and reduced to 8×8 pixels. Nothing is downloaded.

    Returns:
        images: uint8 array of shape (1797, 1, 8, 8), from 0 (paper) to 16 (ink): 17 levels of grey, not 256.
        labels: int64 array of shape (1797,), which digit each image shows, 0 to 9.

    Both are new arrays at every call. Images of the same writer stand together, so shuffle before you split.

    Example:
        images, labels = load_digits()
        images[0, 0].max() is 15, labels[0] is 0
    """
    table = np.frombuffer(zlib.decompress(base64.b85decode(_DIGITS)), dtype=np.uint8).reshape(65, 1797)
    return table[:64].T.reshape(1797, 1, 8, 8).copy(), table[64].astype(np.int64)


# cell: finite
class NotFinite(ValueError):
    """A loss, a gradient or a weight is nan or infinite."""


def check_finite(loss: Tensor) -> None:
    """Nothing, if `loss` is one finite number.

    Raises:
        NotFinite: (a ValueError) it is nan or infinite.
        ValueError: it is not one number.
    """
    if loss.size != 1:
        raise ValueError(f"a loss is one number, got the shape {loss.shape}: take the mean")
    if not math.isfinite(loss.item()):
        raise NotFinite(f"the loss is {loss.item()}")


# cell: train-step
def train_step(model, optimizer, loss_fn, inputs, targets, after_backward=None) -> tuple:
    """8.1 Move the weights once, to make the loss of this batch smaller. The model is asked once.

    Args:
        model: a Layer; whether it is in train() or eval() is not changed here.
        optimizer: of the model's parameters.
        loss_fn: loss_fn(outputs, targets) is a Tensor with one element.
        inputs, targets: one batch, Tensors.
        after_backward: None, or a function without arguments, called when the gradients are there and nothing has moved.

    Returns:
        loss, outputs: the Tensors of this batch, from before the step.

    Raises:
        ValueError: the loss is nan or infinite (`check_finite` says so). No weight has moved, the optimizer has not counted.

    Example:
        loss, outputs = train_step(model, SGD(model.parameters()), MSELoss(), inputs, targets)
    """
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = loss_fn(outputs, targets)
    check_finite(loss)
    loss.backward()
    if after_backward is not None:
        after_backward()
    optimizer.step()
    return loss, outputs


# cell: accuracy
def accuracy(logits, targets) -> float:
    """8.2 The share of right answers, from 0 to 1.

    Args:
        logits: scores of shape (..., C), Tensor or array; probabilities will do as well.
        targets: which class is right, integers of shape (...).

    Returns:
        a plain float.

    Raises:
        ValueError: the shapes do not fit, there is no answer to judge, or a target is no class.
        TypeError: the targets are no integers.

    Example:
        accuracy(Tensor([[0.1, 2.0], [3.0, -1.0]]), Tensor([1, 1])) is 0.5
    """
    scores, classes = np.asarray(logits), np.asarray(targets)
    if scores.ndim == 0 or scores.shape[:-1] != classes.shape:
        raise ValueError(f"logits of shape (..., C) go with targets of shape (...), got {scores.shape} and {classes.shape}")
    if scores.size == 0:
        raise ValueError(f"accuracy needs at least one answer, got logits of shape {scores.shape}")
    if classes.dtype.kind not in "iu":
        raise TypeError(f"targets must be integers, got {classes.dtype}")
    if classes.min() < 0 or classes.max() >= scores.shape[-1]:
        raise ValueError(f"targets are classes from 0 to {scores.shape[-1] - 1}, got {classes.min()} to {classes.max()}")
    return float(np.mean(scores.argmax(axis=-1) == classes))


# cell: averages
class Averages:
    """8.3 Means of several metrics over batches of different sizes.

    Attributes:
        sums: for each metric, the sum of value times count so far.
        counts: for each metric, the sum of counts so far.

    Example:
        after add({"loss": 1.0}, 3) and add({"loss": 5.0}, 1), result() is {"loss": 2.0}
    """

    def __init__(self):
        self.sums = {}
        self.counts = {}

    def add(self, values: dict, count: int) -> None:
        """Take in one batch: for each metric by name its mean over `count` targets."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * count
            self.counts[name] = self.counts.get(name, 0) + count

    def result(self) -> dict:
        """The mean of each metric over all targets that had it; an empty dict before the first batch."""
        return {name: total / self.counts[name] for name, total in self.sums.items()}


# cell: parts
def parts_of(model: Layer) -> list:
    """The model, and every layer and activation in it: all that has a `training` flag."""
    return [model, *(member for _, member in find_members(model) if isinstance(member, (Layer, Activation)))]


# cell: predicting
@contextmanager
def modes_kept(model: Layer):
    """8.4 A `with` block after which every part of the model has the `training` flag that it had before, error or not."""
    flags = [(part, part.training) for part in parts_of(model)]
    try:
        yield
    finally:
        for part, flag in flags:
            part.training = flag


@contextmanager
def predicting(model: Layer):
    """8.4 A `with` block in which the whole model is in eval() and nothing is recorded. Afterwards all is as it was.

    Example:
        with predicting(model):
            outputs = model(inputs)
    """
    with modes_kept(model), no_grad():
        model.eval()
        yield


# cell: measure
def as_batch(pair) -> tuple:
    """Inputs and targets of a batch as Tensors.

    Raises:
        TypeError, ValueError: `pair` is no pair, or has not as many inputs as targets, or none.
    """
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        what = f"{len(pair)} of them" if isinstance(pair, (tuple, list)) else f"a {type(pair).__name__}"
        raise TypeError(f"a batch is a pair (inputs, targets), got {what}")
    inputs, targets = (part if isinstance(part, Tensor) else Tensor(part) for part in pair)
    if inputs.shape[:1] != targets.shape[:1]:
        raise ValueError(f"a batch has as many inputs as targets, got shapes {inputs.shape} and {targets.shape}")
    if inputs.size == 0 or targets.size == 0:
        raise ValueError(f"a batch needs at least one sample, got shapes {inputs.shape} and {targets.shape}")
    return inputs, targets


def batch_metrics(loss, outputs, targets) -> dict:
    """The loss as a number, and the accuracy if the targets are classes: integers with one axis less than the outputs."""
    metrics = {"loss": float(loss.item())}
    if targets.dtype.kind in "iu" and targets.shape == outputs.shape[:-1]:
        metrics["accuracy"] = accuracy(outputs, targets)
    return metrics


def measure(model: Layer, loss_fn, data) -> dict:
    """How good the model is on `data`, without changing anything.

    Args:
        model: it is in eval() meanwhile, and as before afterwards.
        loss_fn: loss_fn(outputs, targets) is the mean loss of a batch.
        data: pairs (inputs, targets), Tensors or arrays.

    Returns:
        {"loss": ...}, and "accuracy" if the targets are classes; means over all targets.

    Raises:
        ValueError: there is no batch (an iterator that was used up, perhaps), or one that does not fit.
    """
    averages = Averages()
    with predicting(model):
        for pair in data:
            inputs, targets = as_batch(pair)
            outputs = model(inputs)
            averages.add(batch_metrics(loss_fn(outputs, targets), outputs, targets), targets.size)
    if not averages.counts:
        raise ValueError("the data has no batches: is it empty, or an iterator that was used up?")
    return averages.result()


# cell: clip-grad-norm
def grad_norm(parameters) -> float:
    """8.5 The length of all gradients together, summed in float64; 0.0 if there are none. Nothing is changed.

    Args:
        parameters: a list of Tensors; those with `grad` None are left out.

    Returns:
        a plain float.
    """
    squares = [np.sum(np.square(p.grad.data, dtype=np.float64)) for p in parameters if p.grad is not None]
    return math.sqrt(sum(squares))


def clip_grad_norm(parameters, max_norm) -> float:
    """8.5 Shorten all gradients by one factor, so that their length together is at most `max_norm`. Types stay.

    Args:
        parameters: Tensors; those with `grad` None stay without.
        max_norm: the longest length, > 0.

    Returns:
        the length that they had before.

    Raises:
        TypeError: `parameters` is one Tensor, or `max_norm` is no number.
        ValueError: `max_norm` is not positive and finite; or the length is nan or infinite, and no gradient has changed.
            (PyTorch has this with error_if_nonfinite=True.)

    Example:
        for two gradients [3.0] and [4.0], clip_grad_norm(parameters, 1.0) gives 5.0 and leaves [0.6] and [0.8]
    """
    if isinstance(parameters, Tensor):
        raise TypeError("clip_grad_norm takes a list of Tensors, such as model.parameters(), got one Tensor")
    parameters, max_norm = list(parameters), checked_number("max_norm", max_norm, float, 0.0, math.inf)
    if max_norm == 0:
        raise ValueError("max_norm must be above 0, got 0: it would forbid all learning")
    norm = grad_norm(parameters)
    if not math.isfinite(norm):
        raise NotFinite(f"the gradient's norm is {norm}")
    factor = min(1.0, max_norm / (norm + 1e-6))
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.data *= factor
    return norm


# cell: cosine
class CosineAnnealingLR(LRScheduler):
    """8.6 The learning rate along half a cosine, from what it is now to `minimum`.

    Args:
        optimizer: whose learning rate it changes.
        total_steps: after how many calls of `step` the minimum is reached, at least 1. The Trainer calls once an epoch.
        minimum: the lowest rate, >= 0.

    Attributes:
        base_rate: the optimizer's learning rate when the schedule was made, α₀.

    Example:
        with total_steps 2 and the rate 1: after calls 1 and 2 it is 0.5 and 0
    """

    numbers = {
        **LRScheduler.numbers,
        "total_steps": (int, 1, math.inf),
        "minimum": (float, 0.0, math.inf),
        "base_rate": (float, 0.0, math.inf),
    }

    def __init__(self, optimizer, total_steps, minimum=0.0):
        super().__init__(optimizer)
        self.total_steps = total_steps
        self.minimum = minimum
        self.base_rate = optimizer.learning_rate

    def step(self):
        """Count this call in `step_count`, and set the optimizer's `learning_rate`."""
        self.step_count += 1
        share = (1 + math.cos(math.pi * self.step_count / self.total_steps)) / 2
        self.optimizer.learning_rate = self.minimum + (self.base_rate - self.minimum) * share


# cell: callback
class Callback:
    """Base of callbacks that the Trainer calls. Plain functions (trainer, metrics) will do where `__call__` is enough."""

    def start(self, trainer) -> None:
        """Called at the start of `fit`."""

    def __call__(self, trainer, metrics: dict):
        """Called after each epoch; `trainer.epoch` epochs are done. True means: stop here."""

    def finish(self, trainer) -> None:
        """Called when the last epoch of `fit` is over, stopped early or not."""


# cell: early-stopping
class EarlyStopping(Callback):
    """8.7 Stop when a metric has stopped improving, and give the model back its best weights.

    Args:
        patience: after how many epochs in a row without an improvement it stops, at least 1.
        min_delta: how much lower than the best a value must be to count, >= 0; it must be *more* than that.
        monitor: which metric; `validation_accuracy` needs `larger_is_better=True`.
        restore_best: whether the model gets the weights of the best epoch when `fit` ends.

    Attributes:
        best: the best value so far (with its sign turned if larger is better); inf at the start.
        waited: for how many epochs in a row there was no improvement.
        best_epoch: the Trainer's number of the best epoch, None at the start.

    Example:
        trainer.fit(train, validation, epochs=100, callbacks=[EarlyStopping(patience=5)])
    """

    def __init__(self, patience=5, min_delta=0.0, monitor="validation_loss", larger_is_better=False, restore_best=True):
        self.patience = checked_number("patience", patience, int, 1, math.inf)
        self.min_delta = checked_number("min_delta", min_delta, float, 0.0, math.inf)
        self.monitor, self.larger_is_better, self.restore_best = monitor, larger_is_better, restore_best
        self.start(None)

    def start(self, trainer):
        self.best, self.waited = math.inf, 0
        self.best_epoch = self.best_weights = None

    def update(self, value: float) -> bool:
        """Take in the value of one epoch (smaller is better): `best` and `waited` change.

        Returns:
            whether it is time to stop.
        """
        if value < self.best - self.min_delta:
            self.best = value
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def __call__(self, trainer, metrics):
        if self.monitor not in metrics:
            known = ", ".join(metrics)
            raise ValueError(f"EarlyStopping watches {self.monitor!r}, but this training has {known}: no validation?")
        value = metrics[self.monitor]
        stop = self.update(-value if self.larger_is_better else value)
        if self.waited == 0 and self.restore_best:
            self.best_weights = trainer.model.state_dict()
        if self.waited == 0:
            self.best_epoch = trainer.epoch
        return stop

    def finish(self, trainer):
        if self.best_weights is not None:
            trainer.model.load_state_dict(self.best_weights)


# cell: pack
def pack_states(states: dict) -> dict:
    """8.8 One flat dictionary of arrays from the states of several parts.

    Args:
        states: for each part's name (without a slash) its state: Tensors, arrays, numbers or strings by name.

    Returns:
        numpy arrays by "part/name", numbers and strings as arrays without axes.

    Example:
        pack_states({"model": {"weight": Tensor([1.0])}}) is {"model/weight": array([1.], dtype=float32)}
    """
    return {f"{part}/{name}": np.asarray(value) for part, state in states.items() for name, value in state.items()}


def unpack_states(arrays: dict) -> dict:
    """8.8 The way back: for each part's name its state, a dictionary of arrays by name.

    Args:
        arrays: by "part/name"; the name may contain slashes too.
    """
    states = {}
    for key, array in arrays.items():
        part, _, name = key.partition("/")
        states.setdefault(part, {})[name] = array
    return states


# cell: load-parts
def load_parts(parts: dict, states: dict) -> None:
    """8.8 Give every part its state, or none of them.

    Args:
        parts: by name, objects with `state_dict()` and `load_state_dict(state)`.
        states: for each of these names, the state to load.

    Raises:
        ValueError: the names differ.
        Any error that a part's `load_state_dict` raises; all parts are then as they were before.
    """
    if sorted(parts) != sorted(states):
        raise ValueError(f"expected a checkpoint of {', '.join(parts)}, got one of {', '.join(states) or 'nothing'}")
    before = {name: part.state_dict() for name, part in parts.items()}
    try:
        for name, part in parts.items():
            part.load_state_dict(states[name])
    except Exception:
        for name, part in parts.items():
            part.load_state_dict(before[name])
        raise


# cell: history
class History:
    """What was measured, epoch by epoch.

    Attributes:
        metrics: for each name a list of floats, one for each epoch; nan where it was not measured.

    Example:
        history["validation_loss"][-1] is the last one; len(history) is the number of epochs
    """

    def __init__(self):
        self.metrics = {}

    def __len__(self):
        return max(map(len, self.metrics.values()), default=0)

    def __getitem__(self, name):
        if name not in self.metrics:
            raise KeyError(f"no metric {name!r}; there are: {', '.join(self.metrics) or 'none yet'}")
        return self.metrics[name]

    def append(self, metrics: dict) -> None:
        """Take in the numbers of one more epoch."""
        count = len(self)
        for name in {**self.metrics, **metrics}:
            self.metrics.setdefault(name, [math.nan] * count).append(float(metrics.get(name, math.nan)))

    def state_dict(self) -> dict:
        return {name: np.array(values) for name, values in self.metrics.items()}

    def load_state_dict(self, state: dict) -> None:
        """Take the lists of a `state_dict`.

        Raises:
            ValueError: they are no rows of numbers of one length; nothing has changed then.
        """
        metrics = {name: np.asarray(values, dtype=np.float64) for name, values in state.items()}
        if len({values.shape for values in metrics.values()}) > 1 or any(values.ndim != 1 for values in metrics.values()):
            shapes = {name: values.shape for name, values in metrics.items()}
            raise ValueError(f"a history has one row of numbers for each metric, all of one length, got {shapes}")
        self.metrics = {name: values.tolist() for name, values in metrics.items()}

    def plot(self, axes, metric="loss") -> None:
        """Draw a metric and its validation, if there is one, over the epochs.

        Args:
            axes: what to draw on, from `plt.subplots()` for instance; `plot`, `set` and `legend` are called.
            metric: "loss", "accuracy", ...

        Raises:
            ValueError: nothing of that name was measured.
        """
        names = [name for name in (metric, f"validation_{metric}") if name in self.metrics]
        if not names:
            raise ValueError(f"no metric {metric!r} to plot; there are: {', '.join(self.metrics) or 'none yet'}")
        for name, style in zip(names, ("-", "--"), strict=False):
            axes.plot(range(1, len(self) + 1), self[name], style, label=name.replace("_", " "))
        unit = " (no unit)" if metric == "accuracy" else ""
        axes.set(xlabel="epoch", ylabel=metric + unit)
        axes.legend()

    def __repr__(self):
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.metrics.items())
        return f"History({len(self)} epochs{': ' + last if last else ''})"


class Progress:
    """One line of text that is written over and over: a bar and some numbers. Ten times a second at most."""

    def __init__(self, quiet: bool):
        self.quiet, self.width, self.written = quiet, 0, -math.inf

    def show(self, share: float, text: str, now=False) -> None:
        """Draw the bar with `share` (0 to 1) of it full; `now` even if the last time was a moment ago."""
        if self.quiet or not (now or time.monotonic() - self.written > 0.1):
            return
        full = round(20 * min(share, 1.0))
        line = f"[{'#' * full}{'.' * (20 - full)}] {text}"
        sys.stdout.write("\r" + line.ljust(self.width))
        sys.stdout.flush()
        self.width, self.written = len(line), time.monotonic()

    def close(self) -> None:
        """End the line, if there is one."""
        if self.width:
            sys.stdout.write("\n")
            sys.stdout.flush()


# cell: files
def write_arrays(path, arrays: dict) -> None:
    """Write arrays by name to the npz file `path`, wholly or not at all."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_arrays(path) -> dict:
    """All arrays of an npz file by name.

    Raises:
        OSError: it cannot be read (FileNotFoundError, ...).
        ValueError: it is no such file, or damaged, or holds something else than arrays.
    """
    try:
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                raise ValueError("it is not a whole npz file")
            file.seek(0)
            found = np.load(file, allow_pickle=False)
            return {name: found[name] for name in found.files}
    except (ValueError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is no checkpoint, or is damaged: {error}") from error


_MASK = 2**64 - 1


def generator_state() -> np.ndarray:
    """The state of core.tensor's generator as six numbers of 64 bits."""
    state = generator().bit_generator.state
    halves = [half for number in (state["state"]["state"], state["state"]["inc"]) for half in (number >> 64, number & _MASK)]
    return np.array([*halves, state["has_uint32"], state["uinteger"]], dtype=np.uint64)


def set_generator_state(words: np.ndarray) -> None:
    """Put the generator back to what `generator_state` gave."""
    high, low, inc_high, inc_low, has_uint32, uinteger = (int(word) for word in words)
    inner = {"state": high << 64 | low, "inc": inc_high << 64 | inc_low}
    former = generator().bit_generator.state
    generator().bit_generator.state = {**former, "state": inner, "has_uint32": has_uint32, "uinteger": uinteger}


def kind_of(part) -> str:
    """What a part is, so that its state is not given to another: AdamW and Adam have states of the same shapes."""
    if isinstance(part, Layer):
        inside = [f"{name} {type(member).__name__}" for name, member in find_members(part) if not isinstance(member, Tensor)]
        return f"{type(part).__name__}({', '.join(inside)})"
    return type(part).__name__


# cell: trainer
class Trainer:
    """Trains a model: epochs, validation, history, callbacks, checkpoints.

    Args:
        model: a Layer.
        optimizer: of (some of) the model's parameters.
        loss_fn: loss_fn(outputs, targets) is the mean loss of a batch, a Tensor with one element.
        scheduler: None, or a schedule of this optimizer; its `step` is called once after every epoch.
        grad_clip: None, or the largest length of the gradient (`clip_grad_norm`).

    Attributes:
        epoch: how many epochs are done, over all calls of `fit` and across checkpoints.
        history: what they measured.

    Raises:
        TypeError: a part is not of its kind.
        ValueError: optimizer, model and scheduler do not belong together, or `grad_clip` is not positive.

    Example:
        trainer = Trainer(model, Adam(model.parameters()), CrossEntropyLoss())
        history = trainer.fit(train, validation, epochs=10)
    """

    def __init__(self, model, optimizer, loss_fn, scheduler=None, grad_clip=None):
        for what, part, kind in (("model", model, Layer), ("optimizer", optimizer, Optimizer)):
            if not isinstance(part, kind):
                raise TypeError(f"the {what} must be of class {kind.__name__}, got a {type(part).__name__}")
        if not callable(loss_fn):
            raise TypeError(f"loss_fn is called with (outputs, targets), got a {type(loss_fn).__name__}")
        own = {id(parameter) for parameter in model.parameters()}
        foreign = sum(id(parameter) not in own for parameter in optimizer.parameters)
        if foreign:
            raise ValueError(f"{foreign} of the optimizer's {len(optimizer.parameters)} parameters are not the model's")
        if scheduler is not None and not isinstance(scheduler, LRScheduler):
            raise TypeError(f"the scheduler must be of class LRScheduler, got a {type(scheduler).__name__}")
        if scheduler is not None and scheduler.optimizer is not optimizer:
            raise ValueError("the scheduler belongs to another optimizer than the one given")
        if grad_clip is not None and checked_number("grad_clip", grad_clip, float, 0.0, math.inf) == 0:
            raise ValueError("grad_clip must be above 0, got 0: it would forbid all learning")
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.scheduler, self.grad_clip = scheduler, grad_clip
        self.epoch, self.history = 0, History()

    def fit(self, train, validation=None, epochs=1, callbacks=(), quiet=False) -> History:
        """Train for `epochs` more epochs.

        Args:
            train: what gives pairs (inputs, targets), Tensors or arrays, each time it is gone through: a list, a DataLoader.
                If it has a number `epoch`, that is set to `self.epoch` before each pass, so that it can resume too.
            validation: the same, or None; measured after each epoch.
            epochs: how many, at least 1.
            callbacks: functions (trainer, metrics), or Callbacks; all are called after each epoch, and one that returns True
                ends the training.
            quiet: no progress bar.

        Returns:
            `self.history`, of all epochs so far: "loss" and "accuracy" are means over the epoch, while the weights moved;
            "validation_loss" and "validation_accuracy" are from its end; "learning_rate" is the rate in it.

        Raises:
            ValueError: no data, an iterator that can be gone through only once, a batch that does not fit, or a loss,
                gradient or weight that is no longer finite. After any error, an interrupt too, model, optimizer,
                scheduler and generator are as at the end of the last whole epoch, and the modes of the model as before.
        """
        epochs = checked_number("epochs", epochs, int, 1, math.inf)
        check_repeatable("train", train, epochs)
        check_repeatable("validation", () if validation is None else validation, epochs)
        callbacks, progress, last = list(callbacks), Progress(quiet), self.epoch + epochs
        watchers = [callback for callback in callbacks if isinstance(callback, Callback)]
        try:
            with modes_kept(self.model):
                for callback in watchers:
                    callback.start(self)
                while self.epoch < last:
                    metrics = self.one_epoch(train, validation, last, progress)
                    answers = [callback(self, dict(metrics)) for callback in callbacks]
                    if any(answers):
                        break
                for callback in watchers:
                    callback.finish(self)
        finally:
            progress.close()
        return self.history

    def one_epoch(self, train, validation, last, progress) -> dict:
        """One pass through the data with all that belongs to it; on an error everything is put back."""
        good, before, step = self.states(), self.optimizer.step_count, 0
        metrics = {"learning_rate": self.optimizer.learning_rate}
        try:
            averages = Averages()
            self.model.train()
            if isinstance(getattr(train, "epoch", None), int):
                train.epoch = self.epoch
            for step, pair in enumerate(train, start=1):
                inputs, targets = as_batch(pair)
                loss, outputs = train_step(self.model, self.optimizer, self.loss_fn, inputs, targets, self.clip)
                averages.add(batch_metrics(loss, outputs, targets), targets.size)
                self.report(progress, step, train, last, f"loss {loss.item():.4f}")
            self.check_weights()
            if not step:
                raise ValueError("train has no batches: is it empty, or an iterator that was used up?")
            metrics = {**averages.result(), **metrics}
            if validation is not None:
                measured = self.evaluate(validation)
                metrics.update({f"validation_{name}": value for name, value in measured.items()})
            if self.scheduler is not None:
                self.scheduler.step()
        except NotFinite as error:
            self.restore(good)
            raise ValueError(
                f"{error} in step {before + step} (epoch {self.epoch + 1}, batch {step}); model, optimizer and schedule are back at "
                f"the end of epoch {self.epoch}. A smaller learning rate or grad_clip may help"
            ) from None
        except BaseException:
            self.restore(good)
            raise
        self.epoch += 1
        self.history.append(metrics)
        shown = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in metrics.items() if "loss" in name)
        self.report(progress, 0, train, last, shown, now=True)
        return metrics

    def evaluate(self, data) -> dict:
        """The mean loss on `data`, and the accuracy if its targets are classes. Nothing changes; see `measure`."""
        return measure(self.model, self.loss_fn, data)

    def clip(self) -> None:
        """What happens between backward and step."""
        if self.grad_clip is not None:
            clip_grad_norm(self.optimizer.parameters, self.grad_clip)

    def check_weights(self) -> None:
        """Nothing, if all weights are finite: the last step of an epoch has no loss after it that would show it."""
        if not all(np.all(np.isfinite(parameter.data)) for parameter in self.model.parameters()):
            raise NotFinite("a weight is nan or infinite")

    def report(self, progress, step, train, last, text, now=False) -> None:
        """Show how far we are. A `train` without a length counts when its epoch ends."""
        share = self.epoch + (step / max(len(train), 1) if hasattr(train, "__len__") else 0)
        current = min(self.epoch + (step > 0), last)
        progress.show(share / last, f"epoch {current}/{last}  {text}", now)

    def parts(self) -> dict:
        """What has a state of its own."""
        parts = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
        return {name: part for name, part in parts.items() if part is not None}

    def states(self) -> dict:
        """Copies of all that the next step depends on."""
        return {
            **{name: part.state_dict() for name, part in self.parts().items()},
            "trainer": {"epoch": self.epoch, "generator": generator_state()},
            "kinds": {name: kind_of(part) for name, part in self.parts().items()},
            "history": self.history.state_dict(),
        }

    def restore(self, states: dict) -> None:
        """Go to what `states()` gave, wholly or not at all.

        Raises:
            ValueError: it does not fit; the message says what was expected.
        """
        states = {"history": {}, **states}
        missing = [name for name in ("trainer", "kinds") if name not in states]
        if missing:
            raise ValueError(f"no checkpoint of a Trainer: it has no {' and no '.join(missing)}")
        trainer, kinds, history = (states.pop(name) for name in ("trainer", "kinds", "history"))
        for name, part in self.parts().items():
            found = str(kinds.get(name, "none"))
            if found != kind_of(part):
                raise ValueError(f"the checkpoint's {name} is {found}, expected {kind_of(part)}")
        words = np.asarray(trainer.get("generator"))
        if sorted(trainer) != ["epoch", "generator"] or words.shape != (6,) or words.dtype != np.uint64:
            raise ValueError("the checkpoint's generator or epoch is missing or not as this Trainer writes it")
        epoch, rows = checked_number("epoch", trainer["epoch"], int, 0, math.inf), History()
        rows.load_state_dict(history)
        load_parts(self.parts(), states)
        set_generator_state(words)
        self.epoch, self.history.metrics = epoch, rows.metrics

    def save(self, path) -> None:
        """Write a checkpoint: model, optimizer, scheduler, epoch, history, and the generator of core.tensor.

        It is a npz file of plain arrays. An older file of that name is replaced when the new one is complete.
        """
        write_arrays(path, pack_states(self.states()))

    def load(self, path) -> None:
        """Go on from a checkpoint, bit for bit; this Trainer is built like the one that saved it.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is no checkpoint, or one of another model, optimizer or scheduler; the message says what was
                expected. Nothing has changed then.
        """
        states = unpack_states(read_arrays(path))
        try:
            self.restore(states)
        except ValueError as error:
            raise ValueError(f"{path} does not fit this Trainer, nothing was loaded: {error}") from error


def check_repeatable(name: str, data, epochs: int) -> None:
    """Nothing, if `data` can be gone through `epochs` times.

    Raises:
        TypeError: it cannot be gone through at all.
        ValueError: it is an iterator, and used up after one epoch.
    """
    if not hasattr(data, "__iter__") and not hasattr(data, "__getitem__"):
        raise TypeError(f"{name} must give pairs (inputs, targets), got a {type(data).__name__}")
    if epochs > 1 and hasattr(data, "__next__"):
        kind = type(data).__name__
        raise ValueError(f"{name} is an iterator ({kind}), used up after one epoch, and {epochs} are asked for: give a list")


__all__ = [
    "Averages",
    "Callback",
    "CosineAnnealingLR",
    "EarlyStopping",
    "History",
    "NotFinite",
    "Progress",
    "Trainer",
    "accuracy",
    "as_batch",
    "batch_metrics",
    "check_finite",
    "check_repeatable",
    "clip_grad_norm",
    "generator_state",
    "grad_norm",
    "kind_of",
    "load_digits",
    "load_parts",
    "measure",
    "modes_kept",
    "pack_states",
    "parts_of",
    "predicting",
    "read_arrays",
    "set_generator_state",
    "train_step",
    "unpack_states",
    "write_arrays",
]
