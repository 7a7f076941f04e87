// Two waits less until a notebook can be used, and a first page that leads to the course. JupyterLab asks an extension
// for `init`, with the modules that all extensions share, and then for its plugins; that is written by hand here, so that
// nothing has to be built.
(() => {
  let shared;

  const load = async name => (await Object.values(shared[name])[0].get())();

  // JupyterLab goes to what the address names, a notebook or the launcher, after it has saved the workspace, which it
  // puts off by half a second or more. Once the workspace is loaded nothing is left to wait for: a second round goes
  // there at once, and the first finds it done.
  const goAtOnce = IRouter => ({
    id: "tinytorch:go-at-once",
    autoStart: true,
    requires: [IRouter],
    activate: (app, router) => {
      void app.restored.then(() => router.route());
    }
  });

  // The kernel starts while the notebook is still loaded and drawn, which finds the session of its path and joins it. Any
  // sooner it would take the processor from the server when the page waits for the settings.
  const startKernel = ({ PageConfig, PathExt }, { IServiceManager, SessionAPI }) => ({
    id: "tinytorch:start-kernel",
    autoStart: true,
    requires: [IServiceManager],
    activate: (app, services) => {
      const path = PageConfig.getOption("treePath");
      const start = ({ type }) =>
        type === "notebook" &&
        SessionAPI.startSession({ path, name: PathExt.basename(path), type, kernel: {} }, services.serverSettings);
      if (PathExt.extname(path) === ".ipynb") {
        const look = () => services.contents.get(path, { content: false });
        // What goes wrong here goes wrong again when the notebook is opened, and is shown then.
        void app.started.then(look).then(start).catch(() => undefined);
      }
    }
  });

  // A student who has nothing open would see an empty launcher, from which nothing leads to the course. Staff do not have
  // the command. nbgrader's extension registers it while the page starts, so it is there once all have started.
  const beginWithAssignments = ({ PageConfig }, { ILabShell }) => ({
    id: "tinytorch:begin-with-assignments",
    autoStart: true,
    requires: [ILabShell],
    activate: (app, shell) => {
      const command = "nbgrader:open-assignment-list";
      const nothingOpen = () => [...shell.widgets("main")].every(({ id }) => id.startsWith("launcher"));
      void Promise.all([app.started, app.restored]).then(() => {
        if (!PageConfig.getOption("treePath") && nothingOpen() && app.commands.hasCommand(command)) {
          return app.commands.execute(command);
        }
      });
    }
  });

  const plugins = async () => {
    const names = ["@jupyterlab/application", "@jupyterlab/coreutils", "@jupyterlab/services"];
    const [application, coreutils, services] = await Promise.all(names.map(load));
    return [
      goAtOnce(application.IRouter),
      startKernel(coreutils, services),
      beginWithAssignments(coreutils, application)
    ];
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.tinytorch = {
    init: async modules => {
      shared = modules;
    },
    get: async () => {
      const made = await plugins();
      return () => ({ __esModule: true, default: made });
    }
  };
})();
