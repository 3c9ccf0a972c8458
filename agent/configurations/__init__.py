"""Running configurations of devices: fetched by SSH, masked here, told to the controller as documents."""
