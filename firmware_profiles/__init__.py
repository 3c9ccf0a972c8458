"""Device knowledge as data: how each model is recognised and read; its loader and its checks."""
