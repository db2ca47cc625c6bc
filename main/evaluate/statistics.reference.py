"""Makes statistics.reference.json for statistics.test.ts: tests and intervals by SciPy (made with 1.17.1). Prints the file."""
import numpy as np, json, scipy
from scipy import stats
rng=np.random.default_rng(7)
out={}
a=np.round(rng.normal(.02,.05,12),3); b=np.round(rng.normal(.01,.05,70),2); c=np.array([.01,.02,-.01,.02,0,.03,-.02,.05,.05])
out['wilcoxon']=[]
for name,x in (('twelve pairs',a),('seventy pairs with ties',b)):
    z=x[x!=0]
    r=stats.wilcoxon(z, method='exact' if len(z)<=50 else 'approx', correction=False)
    out['wilcoxon'].append(dict(name=name,differences=x.tolist(),p=float(r.pvalue)))
# ties, small: all sign patterns counted
z=c[c!=0]; ranks=stats.rankdata(np.abs(z)); W=min(ranks[z>0].sum(),ranks[z<0].sum())
import itertools
sums=np.array([ranks[np.array(s,bool)].sum() for s in itertools.product((0,1),repeat=len(z))])
out['wilcoxon'].append(dict(name='ties and a zero, all sign patterns counted',differences=c.tolist(),p=float(min(1,2*np.mean(sums<=W+1e-9)))))
x=np.round(rng.gamma(2,.03,15),4)
res=stats.bootstrap((x,),np.median,method='BCa',n_resamples=1000,random_state=rng,vectorized=True,axis=-1)
res2=stats.bootstrap((x,),np.mean,method='BCa',n_resamples=1000,random_state=rng,vectorized=True,axis=-1)
out['bootstrap']=[dict(statistic=n,values=x.tolist(),drawn=r.bootstrap_distribution.tolist(),low=float(r.confidence_interval.low),high=float(r.confidence_interval.high)) for n,r in (('median',res),('mean',res2))]
p=[.01,.04,.03,.005,.2]
from math import nan
out['normal']=[dict(x=v,cdf=float(stats.norm.cdf(v))) for v in (-8.5,-5,-1.96,-.3,0,.7,2.5758,7.5)]
print(json.dumps(out))
